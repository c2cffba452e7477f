from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from PIL import Image

from accounts import audit, reports
from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin, administrator, for_each
from accounts.errors import BadPicture
from accounts.models import Channel, Report, User
from accounts.pictures import Shape, read_picture, remove_on_commit, store_picture
from streaming import actions, reporting, scheduling
from streaming.models import Broadcast, Category, IngestSession, Refusal, ScheduledBroadcast, Tag
from streaming.recordings import admin as recordings_admin  # noqa: F401 it registers its own

CATEGORY = Shape("categories", (480, 480), (160, 160))


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnlyAdmin):
    """What is live comes first."""

    list_display = ["channel", "title", "state", "visibility", "viewers", "started_at", "ended_at", "end_reason"]
    list_filter = ["state", "visibility", "end_reason", "category"]
    list_select_related = ["channel"]
    search_fields = ["channel__name", "title"]
    ordering = [
        Case(When(state__in=Broadcast.ON_AIR, then=0), default=1),
        "-started_at",
    ]
    actions = ["end", "suspend_channels"]

    def has_run_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("streaming.change_broadcast")

    def has_suspend_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("accounts.change_channel")

    @admin.action(description=_("End selected broadcasts"), permissions=["run"])
    def end(self, request: HttpRequest, queryset: QuerySet[Broadcast]) -> None:
        reason = Broadcast.EndReason.ENDED
        for broadcast in queryset:
            actions.end_broadcast(broadcast=broadcast, now=timezone.now(), reason=reason, by=administrator(request))

    @admin.action(description=_("Suspend the channels of selected broadcasts"), permissions=["suspend"])
    def suspend_channels(self, request: HttpRequest, queryset: QuerySet[Broadcast]) -> None:
        for channel in Channel.objects.filter(pk__in=queryset.values("channel")):
            actions.suspend_channel(channel=channel, by=administrator(request), now=timezone.now())


class CategoryForm(forms.ModelForm):
    """A category with an upload: what is stored of it was drawn anew here."""

    upload = forms.FileField(label=_("Picture"), required=False, help_text=_("JPEG, PNG, WebP or GIF, up to 8 MB."))

    class Meta:
        model = Category
        fields = ["name", "slug", "about"]

    def clean_upload(self) -> Image.Image | None:
        given = self.cleaned_data["upload"]
        if not given:
            return None
        try:
            return read_picture(given, given.size)
        except BadPicture as error:
            raise ValidationError(str(error.message)) from error


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    form = CategoryForm
    list_display = ["name", "slug", "about"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}

    def save_model(self, request: HttpRequest, obj: Category, form: forms.ModelForm, change: bool) -> None:
        if form.cleaned_data["upload"] is not None:
            remove_on_commit(obj.picture)
            obj.picture = store_picture(form.cleaned_data["upload"], CATEGORY)
        super().save_model(request, obj, form, change)
        audit.record(administrator(request), "changed category" if change else "added category", obj)

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        audit.record(administrator(request), "deleted category", obj)
        remove_on_commit(obj.picture)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Category]) -> None:
        for category in queryset:
            self.delete_model(request, category)


@admin.register(Tag)
class TagAdmin(AuditedAdmin):
    """Tags come with broadcasts; here they can only be taken away."""

    list_display = ["name"]
    search_fields = ["name"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(ScheduledBroadcast)
class ScheduledBroadcastAdmin(ReadOnlyAdmin):
    list_display = ["channel", "title", "starts_at", "state"]
    list_filter = ["state"]
    list_select_related = ["channel"]
    search_fields = ["channel__name", "title"]
    actions = ["cancel"]

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("streaming.change_scheduledbroadcast")

    @admin.action(description=_("Call selected broadcasts off"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ScheduledBroadcast]) -> None:
        for scheduled in queryset.filter(state=ScheduledBroadcast.State.PLANNED):
            scheduling.cancel(scheduled=scheduled, by=administrator(request), now=timezone.now())


@admin.register(IngestSession)
class IngestSessionAdmin(ReadOnlyAdmin):
    list_display = ["broadcast", "node", "address", "encoder", "started_at", "ended_at"]
    exclude = ["boot"]


@admin.register(Refusal)
class RefusalAdmin(ReadOnlyAdmin):
    list_display = ["channel", "at", "why", "address"]
    exclude = ["code", "facts", "message"]
    readonly_fields = ["why"]
    list_filter = ["code"]

    @admin.display(description=_("why"), ordering="code")
    def why(self, refusal: Refusal) -> str:
        return refusal.text


@admin.action(description=_("Suspend selected channels"), permissions=["change"])
def suspend(modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
    assert isinstance(request.user, User)
    for channel in queryset:
        actions.suspend_channel(channel=channel, by=request.user, now=timezone.now())


@admin.action(description=_("Restore selected channels"), permissions=["change"])
def restore(modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
    assert isinstance(request.user, User)
    for channel in queryset:
        actions.restore_channel(channel=channel, by=request.user, now=timezone.now())


@admin.action(description=_("Take down: end the broadcast, delete its recording"), permissions=["settle"])
def take_down_reported(modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Report]) -> None:
    by, now = administrator(request), timezone.now()
    done = ngettext_lazy("%(count)d settled.", "%(count)d settled.", "count")
    for_each(request, queryset, lambda report: reporting.take_down(report=report, by=by, now=now), done)


@admin.action(description=_("Suspend the channel"), permissions=["settle"])
def suspend_reported(modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Report]) -> None:
    by, now = administrator(request), timezone.now()

    @transaction.atomic
    def act(report: Report) -> None:
        reports.settle(report=report, outcome=Report.Outcome.CHANNEL_SUSPENDED, by=by, now=now)
        if report.channel is not None:
            actions.suspend_channel(channel=report.channel, by=by, now=now)

    for_each(request, queryset, act, ngettext_lazy("%(count)d settled.", "%(count)d settled.", "count"))


report_admin = admin.site.get_model_admin(Report)
report_admin.actions = [*(report_admin.actions or ()), take_down_reported, suspend_reported]
channel_admin = admin.site.get_model_admin(Channel)
channel_admin.actions = [*(channel_admin.actions or ()), suspend, restore]
