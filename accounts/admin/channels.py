from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import actions
from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin, administrator, for_each
from accounts.models import Channel, ChannelRole


class RoleInline(admin.TabularInline):
    model = ChannelRole
    extra = 0
    can_delete = False
    fields = ["user", "role", "created_at"]
    readonly_fields = ["user", "role", "created_at"]

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Channel)
class ChannelAdmin(AuditedAdmin):
    list_display = ["name", "title", "owner", "followers", "is_pending", "is_suspended", "created_at"]
    list_filter = ["is_pending", "is_suspended", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "title", "owner__username"]
    autocomplete_fields = ["owner"]
    date_hierarchy = "created_at"
    # Suspension goes through the actions of streaming, which also drop the encoder.
    readonly_fields = ["is_suspended", "is_pending", "key_version", "live_mailed_at", "created_at"]
    inlines = [RoleInline]
    actions = ["approve"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Channel]":
        channels: QuerySet[Channel] = super().get_queryset(request)
        return channels.annotate(follower_count=Count("follows"))

    @admin.display(description=_("followers"), ordering="follower_count")
    def followers(self, channel: Channel) -> int:
        return int(channel.follower_count)  # type: ignore[attr-defined]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.action(description=_("Approve selected channels"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        by, now = administrator(request), timezone.now()
        done = ngettext_lazy("%(count)d approved.", "%(count)d approved.", "count")
        for_each(request, queryset, lambda channel: actions.approve_channel(channel=channel, by=by, now=now), done)


@admin.register(ChannelRole)
class ChannelRoleAdmin(ReadOnlyAdmin):
    list_display = ["channel", "user", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["channel", "user"]
    search_fields = ["channel__name", "user__username"]
