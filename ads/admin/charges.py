"""What ads cost and brought; charges are cleared and reversed by actions."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.admin.base import ReadOnlyAdmin, administrator, for_each
from ads import actions
from ads.admin.campaigns import ReasonForm, reason_in
from ads.models import AdCharge, AdDay, AdEarning, AdHour, AdTally

CLEARED = ngettext_lazy("%(count)d charge cleared.", "%(count)d charges cleared.", "count")
REVERSED = ngettext_lazy("%(count)d reversed.", "%(count)d reversed.", "count")


@admin.register(AdCharge)
class AdChargeAdmin(ReadOnlyAdmin):
    action_form = ReasonForm
    list_display = ["offer", "line", "channel", "format", "event", "gross_micros", "currency", "state", "doubt"]
    list_filter = ["state", "doubt", "format", "currency"]
    list_select_related = ["line__campaign__advertiser", "channel"]
    search_fields = ["offer", "channel__name", "advertiser__name"]
    date_hierarchy = "happened_at"
    actions = ["clear", "reverse"]

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("ads.change_adcharge")

    @admin.action(description=_("Clear: it is right"), permissions=["settle"])
    def clear(self, request: HttpRequest, queryset: QuerySet[AdCharge]) -> None:
        by = administrator(request)
        for_each(request, queryset, lambda row: actions.clear(charge=row, by=by), CLEARED)

    @admin.action(description=_("Reverse: write why beside"), permissions=["settle"])
    def reverse(self, request: HttpRequest, queryset: QuerySet[AdCharge]) -> None:
        by, reason = administrator(request), reason_in(request)
        for_each(request, queryset, lambda row: actions.reverse(charge=row, by=by, reason=reason), REVERSED)


@admin.register(AdHour)
class AdHourAdmin(ReadOnlyAdmin):
    list_display = ["hour", "line", "channel", "impressions", "viewable", "views", "skips", "clicks", "gross_micros"]
    list_select_related = ["line__campaign__advertiser", "channel"]
    date_hierarchy = "hour"


@admin.register(AdDay)
class AdDayAdmin(ReadOnlyAdmin):
    list_display = ["day", "line", "impressions", "viewable", "views", "skips", "clicks", "gross_micros"]
    list_select_related = ["line__campaign__advertiser"]
    date_hierarchy = "day"


@admin.register(AdEarning)
class AdEarningAdmin(ReadOnlyAdmin):
    list_display = ["channel", "broadcast", "format", "currency", "gross_micros", "streamer_micros", "paid_micros"]
    list_filter = ["format", "currency"]
    list_select_related = ["channel", "broadcast__channel"]
    search_fields = ["channel__name"]


@admin.register(AdTally)
class AdTallyAdmin(ReadOnlyAdmin):
    list_display = ["advertiser", "creator", "currency", "gross_micros", "streamer_micros", "paid_micros", "postings"]
    list_select_related = ["advertiser", "creator"]
