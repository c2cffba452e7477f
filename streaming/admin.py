from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import reports
from accounts.admin.base import administrator, for_each
from accounts.models import Channel, Report, User
from streaming import actions
from streaming.models import Broadcast, IngestSession, Refusal


class ReadOnly(admin.ModelAdmin):
    """Rows that only actions write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnly):
    list_display = ["channel", "title", "state", "started_at", "ended_at", "end_reason"]
    list_filter = ["state", "end_reason"]
    search_fields = ["channel__name", "title"]
    actions = ["end"]

    @admin.action(description=_("End selected broadcasts"))
    def end(self, request: HttpRequest, queryset: QuerySet[Broadcast]) -> None:
        assert isinstance(request.user, User)
        for broadcast in queryset:
            actions.end_broadcast(
                broadcast=broadcast, now=timezone.now(), reason=Broadcast.EndReason.ENDED, by=request.user
            )


@admin.register(IngestSession)
class IngestSessionAdmin(ReadOnly):
    list_display = ["broadcast", "node", "address", "encoder", "started_at", "ended_at"]
    exclude = ["boot"]


@admin.register(Refusal)
class RefusalAdmin(ReadOnly):
    list_display = ["channel", "at", "code", "message", "address"]
    list_filter = ["code"]


@admin.action(description=_("Suspend selected channels"))
def suspend(modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
    assert isinstance(request.user, User)
    for channel in queryset:
        actions.suspend_channel(channel=channel, by=request.user, now=timezone.now())


@admin.action(description=_("Restore selected channels"))
def restore(modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
    assert isinstance(request.user, User)
    for channel in queryset:
        actions.restore_channel(channel=channel, by=request.user, now=timezone.now())


@admin.action(description=_("Suspend the channel"), permissions=["settle"])
def suspend_reported(modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Report]) -> None:
    by, now = administrator(request), timezone.now()

    @transaction.atomic
    def act(report: Report) -> None:
        reports.settle(report=report, outcome=Report.Outcome.CHANNEL_SUSPENDED, by=by, now=now)
        if report.channel is not None:
            actions.suspend_channel(channel=report.channel, by=by, now=now)

    for_each(request, queryset, act, str(_("%(count)d settled.")))


report_admin = admin.site.get_model_admin(Report)
report_admin.actions = [*(report_admin.actions or ()), suspend_reported]
channel_admin = admin.site.get_model_admin(Channel)
channel_admin.actions = [*(channel_admin.actions or ()), suspend, restore]
