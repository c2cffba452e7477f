from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin
from accounts.models import User
from streaming.recordings import actions
from streaming.recordings.errors import RecordingError
from streaming.recordings.models import Recording, RecordingPolicy
from streaming.recordings.problems import MESSAGES, STOPPED, TASKS


@admin.register(Recording)
class RecordingAdmin(ReadOnlyAdmin):
    """Recordings as workers leave them; what is done to them goes through the same actions as in the studio.

    Without its files a row is nothing to delete: the action takes both.
    """

    list_display = ["broadcast", "state", "length", "size", "place", "trouble", "next_try_at", "keep_until"]
    list_filter = ["state", "download_state", "is_stored", "problem", "stop_reason"]
    search_fields = ["broadcast__channel__name", "broadcast__title"]
    list_select_related = ["broadcast__channel"]
    actions = ["retry", "delete_files"]
    date_hierarchy = "started_at"

    @admin.display(description=_("length"), ordering="duration_s")
    def length(self, recording: Recording) -> str:
        return str(recording.duration)

    @admin.display(description=_("size"), ordering="size_bytes")
    def size(self, recording: Recording) -> str:
        return filesizeformat(recording.size_bytes)

    @admin.display(description=_("place"))
    def place(self, recording: Recording) -> str | Promise:
        if recording.is_stored:
            return _("storage")
        if not recording.task:
            return _("this server")
        return f"{TASKS.get(recording.task, recording.task)} {recording.progress_percent} %"

    @admin.display(description=_("trouble"))
    def trouble(self, recording: Recording) -> str:
        told = [MESSAGES.get(recording.problem, ""), recording.problem_detail, STOPPED.get(recording.stop_reason, "")]
        return " ".join(str(one) for one in told if one)

    @admin.action(description=_("Try again now"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Recording]) -> None:
        assert isinstance(request.user, User)
        for recording in queryset:
            actions.retry_recording(recording=recording, by=request.user)

    @admin.action(description=_("Delete with all files"), permissions=["retry"])
    def delete_files(self, request: HttpRequest, queryset: QuerySet[Recording]) -> None:
        assert isinstance(request.user, User)
        for broadcast in {recording.broadcast for recording in queryset.select_related("broadcast__channel")}:
            try:
                actions.delete_replay(broadcast=broadcast, by=request.user, now=timezone.now())
            except RecordingError as error:
                self.message_user(request, f"{broadcast}: {error.message}", messages.ERROR)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("streaming.delete_recording")


@admin.register(RecordingPolicy)
class RecordingPolicyAdmin(AuditedAdmin):
    list_display = ["channel", "is_on", "keep_days", "viewers_may_download"]
    list_filter = ["is_on"]
    search_fields = ["channel__name"]
    autocomplete_fields = ["channel"]
