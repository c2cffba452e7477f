from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin, administrator, for_each
from chat import actions
from chat.models import (
    Emote,
    HeldMessage,
    HiddenPerson,
    Message,
    ModeratorNote,
    Poll,
    PollVote,
    Raid,
    RaidSetup,
    Room,
    Sanction,
)


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    """What is changed here takes the same way as in the page: open pages follow."""

    list_display = [
        "channel",
        "name",
        "is_main",
        "read_by",
        "write_by",
        "slow_s",
        "subscribers_only",
        "is_raid_defended",
    ]
    list_filter = ["is_main", "read_by", "write_by", "subscribers_only", "is_raid_defended"]
    list_select_related = ["channel"]
    search_fields = ["channel__name", "name"]
    actions = ["restrict", "lift", "defend", "end_defence", "clear", "renew_overlays"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["channel"] if obj else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Room, form: BaseForm, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        actions.change_room(room=obj, by=administrator(request), changes=changes, now=timezone.now())

    @admin.action(description=_("Make selected rooms the subscribers'"), permissions=["change"])
    def restrict(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        by, now = administrator(request), timezone.now()
        done = _("%(count)d restricted.")
        for_each(request, queryset, lambda room: actions.restrict_to_subscribers(room=room, by=by, now=now), done)

    @admin.action(description=_("Give selected rooms back"), permissions=["change"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        by, now = administrator(request), timezone.now()
        done = _("%(count)d given back.")
        for_each(request, queryset, lambda room: actions.lift_restriction(room=room, by=by, now=now), done)

    @admin.action(description=_("Raid defence on"), permissions=["change"])
    def defend(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        self._set(request, queryset, is_raid_defended=True)

    @admin.action(description=_("Raid defence off"), permissions=["change"])
    def end_defence(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        self._set(request, queryset, is_raid_defended=False)

    @staticmethod
    def _set(request: HttpRequest, queryset: QuerySet[Room], **changes: Any) -> None:
        by, now = administrator(request), timezone.now()

        def change(room: Room) -> None:
            actions.change_room(room=room, by=by, changes=changes, now=now)

        for_each(request, queryset, change, _("%(count)d changed."))

    @admin.action(description=_("Clear selected rooms"), permissions=["change"])
    def clear(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        by, now = administrator(request), timezone.now()
        done = _("%(count)d cleared.")
        for_each(request, queryset, lambda room: actions.clear_room(room=room, by=by, now=now), done)

    @admin.action(description=_("Reset the addresses of their overlays"), permissions=["change"])
    def renew_overlays(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        by = administrator(request)
        rows, done = queryset.filter(overlay_version__gt=0), _("%(count)d reset.")
        for_each(request, rows, lambda room: actions.renew_overlay(room=room, by=by), done)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "room", "seq", "author", "text", "deleted_at"]
    list_filter = ["kind", ("deleted_at", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["room__channel", "author"]
    search_fields = ["text", "author__username", "room__channel__name"]
    ordering = ["-created_at", "-pk"]
    show_full_result_count = False
    actions = ["delete_messages", "time_out_authors", "ban_authors"]

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("chat.change_message")

    @admin.action(description=_("Delete selected messages"), permissions=["moderate"])
    def delete_messages(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        by, now = administrator(request), timezone.now()
        rows = queryset.select_related("room__channel", "author")
        done = _("%(count)d deleted.")
        for_each(request, rows, lambda message: actions.delete_message(message=message, by=by, now=now), done)

    @admin.action(description=_("Time out their authors for 10 minutes"), permissions=["moderate"])
    def time_out_authors(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        by, now = administrator(request), timezone.now()

        def act(message: Message) -> None:
            if message.author is not None:
                length = timedelta(minutes=10)
                channel = message.room.channel
                actions.time_out_user(channel=channel, user=message.author, by=by, length=length, now=now)

        for_each(request, queryset.select_related("room__channel", "author"), act, _("%(count)d sent out."))

    @admin.action(description=_("Ban their authors from the channel's chat"), permissions=["moderate"])
    def ban_authors(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        by, now = administrator(request), timezone.now()

        def act(message: Message) -> None:
            if message.author is not None:
                actions.ban_user(channel=message.room.channel, user=message.author, by=by, now=now)

        for_each(request, queryset.select_related("room__channel", "author"), act, _("%(count)d banned."))


@admin.register(Sanction)
class SanctionAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "channel", "user", "kind", "reason", "by", "until", "lifted_at"]
    list_filter = ["kind", ("lifted_at", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["channel", "user", "by"]
    search_fields = ["user__username", "channel__name", "reason"]
    actions = ["lift"]

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("chat.change_sanction")

    @admin.action(description=_("Let them back in"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Sanction]) -> None:
        by, now = administrator(request), timezone.now()

        def act(row: Sanction) -> None:
            actions.lift_sanctions(channel=row.channel, user=row.user, by=by, now=now)

        for_each(request, queryset.select_related("channel", "user"), act, _("%(count)d let back in."))


@admin.register(HeldMessage)
class HeldMessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "room", "author", "text", "why", "decided_at", "is_allowed", "decided_by"]
    list_filter = [("decided_at", admin.EmptyFieldListFilter), "is_allowed"]
    list_select_related = ["room__channel", "author", "decided_by"]
    search_fields = ["text", "author__username", "room__channel__name"]
    actions = ["let_through", "refuse"]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("chat.change_heldmessage")

    @admin.action(description=_("Let selected messages through"), permissions=["decide"])
    def let_through(self, request: HttpRequest, queryset: QuerySet[HeldMessage]) -> None:
        self._decide(request, queryset, True)

    @admin.action(description=_("Refuse selected messages"), permissions=["decide"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[HeldMessage]) -> None:
        self._decide(request, queryset, False)

    @staticmethod
    def _decide(request: HttpRequest, queryset: QuerySet[HeldMessage], is_allowed: bool) -> None:
        by, now = administrator(request), timezone.now()

        def act(row: HeldMessage) -> None:
            actions.decide(held=row, is_allowed=is_allowed, by=by, now=now)

        for_each(request, queryset.select_related("room__channel"), act, _("%(count)d decided."))


@admin.register(ModeratorNote)
class ModeratorNoteAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "channel", "user", "by", "text"]
    list_select_related = ["channel", "user", "by"]
    search_fields = ["user__username", "channel__name", "text"]


@admin.register(HiddenPerson)
class HiddenPersonAdmin(ReadOnlyAdmin):
    """Whom somebody doesn't read is theirs to change."""

    list_display = ["created_at", "user", "channel", "person"]
    list_select_related = ["user", "channel", "person"]
    search_fields = ["user__username", "person__username", "channel__name"]


@admin.register(Emote)
class EmoteAdmin(ReadOnlyAdmin):
    """Uploads go through the studio, which draws them anew; here they are taken away."""

    list_display = ["code", "channel", "is_animated", "is_for_subscribers", "created_at"]
    list_filter = ["is_animated", "is_for_subscribers"]
    list_select_related = ["channel"]
    search_fields = ["code", "channel__name"]
    actions = ["remove"]

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("chat.delete_emote")

    @admin.action(description=_("Remove selected emotes"), permissions=["remove"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Emote]) -> None:
        by = administrator(request)
        rows = queryset.select_related("channel")
        for_each(request, rows, lambda emote: actions.remove_emote(emote=emote, by=by), _("%(count)d removed."))


@admin.register(Poll)
class PollAdmin(ReadOnlyAdmin):
    list_display = ["opened_at", "room", "question", "opened_by", "ends_at", "ended_at", "is_cancelled", "counts"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter), "is_cancelled", "opened_at"]
    list_select_related = ["room__channel", "opened_by"]
    search_fields = ["question", "room__channel__name", "opened_by__username"]
    actions = ["end", "cancel"]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("chat.change_poll")

    @admin.action(description=_("End selected polls"), permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[Poll]) -> None:
        by, now = administrator(request), timezone.now()
        done = _("%(count)d ended.")
        for_each(request, queryset, lambda poll: actions.end_poll(poll=poll, by=by, now=now), done)

    @admin.action(description=_("Cancel selected polls"), permissions=["end"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Poll]) -> None:
        by, now = administrator(request), timezone.now()
        done = _("%(count)d cancelled.")
        for_each(request, queryset, lambda poll: actions.cancel_poll(poll=poll, by=by, now=now), done)


@admin.register(PollVote)
class PollVoteAdmin(ReadOnlyAdmin):
    """What somebody chose is between them and the poll: the list says that they voted."""

    list_display = ["voted_at", "poll", "user"]
    list_select_related = ["poll__room__channel", "user"]
    search_fields = ["user__username", "poll__question", "poll__room__channel__name"]
    exclude = ["choice"]
    show_full_result_count = False


@admin.register(Raid)
class RaidAdmin(ReadOnlyAdmin):
    list_display = ["announced_at", "source", "target", "by", "state", "viewers"]
    list_filter = ["state", "announced_at"]
    list_select_related = ["source", "target", "by"]
    search_fields = ["source__name", "target__name", "by__username"]
    actions = ["cancel"]

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("chat.change_raid")

    @admin.action(description=_("Cancel selected raids"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Raid]) -> None:
        by, now = administrator(request), timezone.now()
        done = _("%(count)d cancelled.")
        for_each(request, queryset, lambda raid: actions.cancel_raid(raid=raid, by=by, now=now), done)


@admin.register(RaidSetup)
class RaidSetupAdmin(ReadOnlyAdmin):
    list_display = ["channel", "raids_from"]
    list_filter = ["raids_from"]
    list_select_related = ["channel"]
    search_fields = ["channel__name"]
