"""What waits for review: campaigns, and what they show."""

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin, administrator, for_each
from ads import actions
from ads.models import AdBreak, Campaign, Creative, LineItem

APPROVED = ngettext_lazy("%(count)d approved.", "%(count)d approved.", "count")
REJECTED = ngettext_lazy("%(count)d rejected.", "%(count)d rejected.", "count")
PAUSED = ngettext_lazy("%(count)d paused.", "%(count)d paused.", "count")


class ReasonForm(ActionForm):
    """Why goes with the action."""

    reason = forms.CharField(label=_("Why"), max_length=200, required=False)


def reason_in(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()


class ReviewedAdmin(AuditedAdmin):
    """Its state changes by actions alone."""

    action_form = ReasonForm

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Campaign)
class CampaignAdmin(ReviewedAdmin):
    list_display = ["name", "advertiser", "category", "state", "created_at"]
    list_filter = ["state", "category"]
    list_select_related = ["advertiser", "category"]
    search_fields = ["name", "advertiser__name"]
    readonly_fields = ["state", "reason"]
    autocomplete_fields = ["advertiser"]
    actions = ["approve", "reject", "pause"]

    @admin.action(description=_("Approve: it runs"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        by = administrator(request)
        for_each(request, queryset, lambda row: actions.approve(campaign=row, by=by), APPROVED)

    @admin.action(description=_("Reject: write why beside"), permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        by, reason = administrator(request), reason_in(request)
        for_each(request, queryset, lambda row: actions.reject(campaign=row, by=by, reason=reason), REJECTED)

    @admin.action(description=_("Pause"), permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        by = administrator(request)
        for_each(request, queryset, lambda row: actions.pause(campaign=row, by=by), PAUSED)


@admin.register(Creative)
class CreativeAdmin(ReviewedAdmin):
    list_display = ["title", "campaign", "kind", "state", "domain", "duration_ms", "look"]
    list_filter = ["state", "kind"]
    list_select_related = ["campaign__advertiser"]
    search_fields = ["title", "campaign__name", "campaign__advertiser__name"]
    readonly_fields = ["campaign", "kind", "state", "reason", "look", "duration_ms", "sha256"]
    actions = ["approve", "reject"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("look at it"))
    def look(self, creative: Creative) -> str:
        url = reverse("creative-preview", args=[creative.pk])
        return format_html('<a href="{}">{}</a>', url, _("As viewers see it"))

    @admin.action(description=_("Approve: it may be shown"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Creative]) -> None:
        by = administrator(request)
        for_each(request, queryset, lambda row: actions.judge_creative(creative=row, is_fine=True, by=by), APPROVED)

    @admin.action(description=_("Reject: write why beside"), permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Creative]) -> None:
        by, reason = administrator(request), reason_in(request)
        for_each(
            request,
            queryset,
            lambda row: actions.judge_creative(creative=row, is_fine=False, by=by, reason=reason),
            REJECTED,
        )


@admin.register(LineItem)
class LineItemAdmin(AuditedAdmin):
    list_display = ["name", "campaign", "format", "model", "priority", "is_on", "starts_at", "ends_at"]
    list_filter = ["format", "model", "priority", "is_on"]
    list_select_related = ["campaign__advertiser"]
    search_fields = ["name", "campaign__name", "campaign__advertiser__name"]
    autocomplete_fields = ["campaign", "channels_in", "channels_out"]
    filter_horizontal = ["categories"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(AdBreak)
class AdBreakAdmin(ReadOnlyAdmin):
    list_display = ["broadcast", "starts_at", "seconds", "by"]
    list_select_related = ["broadcast__channel", "by"]
    date_hierarchy = "starts_at"
