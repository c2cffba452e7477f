from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.admin.base import ReadOnlyAdmin, administrator, for_each
from accounts.models import Report
from spaces import actions, reporting
from spaces.models import Part, Reminder, Space


@admin.register(Space)
class SpaceAdmin(ReadOnlyAdmin):
    list_display = ["title", "channel", "host", "state", "audience", "starts_at", "ended_at"]
    list_filter = ["state", "audience", "language", "starts_at"]
    list_select_related = ["channel", "host"]
    search_fields = ["title", "channel__name", "host__username"]
    show_full_result_count = False
    actions = ["end_spaces"]

    def has_lead_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.has_perm("spaces.change_space"))

    @admin.action(description=_("End selected Spaces"), permissions=["lead"])
    def end_spaces(self, request: HttpRequest, queryset: QuerySet[Space]) -> None:
        by, now = administrator(request), timezone.now()
        for_each(request, queryset, lambda space: actions.end(space=space, by=by, now=now), _("%(count)d ended."))


@admin.register(Part)
class PartAdmin(ReadOnlyAdmin):
    list_display = ["user", "space", "role", "is_silenced", "on_stage_at", "removed_at"]
    list_filter = ["role", "is_silenced", "space__state"]
    list_select_related = ["space", "user"]
    search_fields = ["user__username", "space__title", "space__channel__name"]
    show_full_result_count = False
    actions = ["move_down", "remove_people"]

    def has_lead_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.has_perm("spaces.change_part"))

    @admin.action(description=_("Take selected people off the stage"), permissions=["lead"])
    def move_down(self, request: HttpRequest, queryset: QuerySet[Part]) -> None:
        by = administrator(request)
        rows, done = queryset.select_related("space", "user"), _("%(count)d taken off the stage.")
        for_each(request, rows, lambda part: actions.move_down(space=part.space, user=part.user, by=by), done)

    @admin.action(description=_("Remove selected people from their Space"), permissions=["lead"])
    def remove_people(self, request: HttpRequest, queryset: QuerySet[Part]) -> None:
        by, now = administrator(request), timezone.now()
        rows, done = queryset.select_related("space", "user"), _("%(count)d removed.")
        for_each(
            request, rows, lambda part: actions.remove_person(space=part.space, user=part.user, by=by, now=now), done
        )


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    list_display = ["user", "space", "created_at", "told_at"]
    list_filter = ["space__state"]
    list_select_related = ["space", "user"]
    search_fields = ["user__username", "space__title", "space__channel__name"]
    show_full_result_count = False


@admin.action(description=_("End the Space"), permissions=["settle"])
def end_reported_spaces(modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Report]) -> None:
    by, now = administrator(request), timezone.now()
    done = ngettext_lazy("%(count)d settled.", "%(count)d settled.", "count")
    for_each(request, queryset, lambda report: reporting.end_reported(report=report, by=by, now=now), done)


@admin.action(description=_("Remove the person from the Space"), permissions=["settle"])
def remove_reported_people(modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Report]) -> None:
    by, now = administrator(request), timezone.now()
    done = ngettext_lazy("%(count)d settled.", "%(count)d settled.", "count")
    for_each(request, queryset, lambda report: reporting.remove_reported(report=report, by=by, now=now), done)


report_admin = admin.site.get_model_admin(Report)
report_admin.actions = [*(report_admin.actions or ()), end_reported_spaces, remove_reported_people]
