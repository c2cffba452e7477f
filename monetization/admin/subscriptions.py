from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.admin.base import administrator, for_each
from monetization import subscriptions
from monetization.models import Subscription


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin):
    """Granted here until they are sold; ended by the action, so that whoever must know is told."""

    list_display = ["user", "channel", "tier", "starts_at", "ends_at", "is_founder"]
    list_filter = ["is_founder", "starts_at", "ends_at"]
    list_select_related = ["user", "channel", "tier__channel"]
    search_fields = ["user__username", "channel__name"]
    autocomplete_fields = ["user", "channel", "tier"]
    date_hierarchy = "starts_at"
    actions = ["end"]

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"starts_at": timezone.now()} | dict(super().get_changeform_initial_data(request))

    def save_model(self, request: HttpRequest, obj: Subscription, form: BaseForm, change: bool) -> None:
        row = subscriptions.grant(
            user=obj.user, channel=obj.channel, tier=obj.tier, starts_at=obj.starts_at, ends_at=obj.ends_at
        )
        obj.pk = row.pk
        audit.record(administrator(request), "granted subscription", row)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("monetization.change_subscription")

    @admin.action(description=_("End selected subscriptions now"), permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        by, now = administrator(request), timezone.now()

        def end_one(row: Subscription) -> None:
            subscriptions.end(subscription=row, now=now)
            audit.record(by, "ended subscription", row)

        for_each(request, queryset, end_one, str(_("%(count)d ended.")))
