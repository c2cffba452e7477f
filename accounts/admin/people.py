from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import actions, audit, deletion
from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin, administrator, for_each
from accounts.models import Block, Consent, User

# allauth's own pages would show the secrets of second factors, and change addresses past the audit log.
admin.site.unregister([Authenticator, EmailAddress])
admin.site.unregister(Group)


@admin.register(Group)
class PowersAdmin(AuditedAdmin, GroupAdmin):
    """Groups give power: who isn't a superuser changes none."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return administrator(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return administrator(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return administrator(request).is_superuser


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):
    list_display = ["username", "email", "display_name", "is_active", "is_staff", "date_joined", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", ("suspended_at", admin.EmptyFieldListFilter)]
    search_fields = ["username", "email", "display_name"]
    ordering = ["-date_joined"]
    # Shutting out, letting in and deleting are actions: they do more than this row.
    readonly_fields = [
        "links",
        "is_active",
        "suspended_at",
        "suspension_reason",
        "deleted_at",
        "last_login",
        "date_joined",
    ]
    fieldsets = [
        (None, {"fields": ["username", "password", "email"]}),
        (_("Profile"), {"fields": ["display_name", "bio", "links", "language", "time_zone"]}),
        (_("State"), {"fields": ["is_active", "suspended_at", "suspension_reason", "deleted_at"]}),
        (_("Permissions"), {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Times"), {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["username", "email", "password1", "password2"]})]
    actions = ["suspend", "restore", "end_sessions", "drop_second_factor", "forget"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Who isn't a superuser makes nobody more powerful."""
        powers = (
            [] if administrator(request).is_superuser else ["is_staff", "is_superuser", "groups", "user_permissions"]
        )
        return [*self.readonly_fields, *powers]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff don't get at a superuser's password."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            actions.change_address(user=obj, address=obj.email, by=administrator(request))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """With a new password every session of the old one ends."""
        reply = super().user_change_password(request, id, form_url)
        if request.method == "POST" and reply.status_code == 302:
            user = User.objects.get(pk=id)
            actions.end_sessions(user=user)
            audit.record(administrator(request), "set password", user)
        return reply

    @admin.action(description=_("Suspend: shut out, channels too"), permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        by, now = administrator(request), timezone.now()
        done = ngettext_lazy("%(count)d suspended.", "%(count)d suspended.", "count")
        for_each(request, queryset, lambda user: actions.suspend_user(user=user, by=by, now=now), done)

    @admin.action(description=_("Restore: let in again"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        by = administrator(request)
        for_each(
            request,
            queryset,
            lambda user: actions.restore_user(user=user, by=by),
            ngettext_lazy("%(count)d restored.", "%(count)d restored.", "count"),
        )

    @admin.action(description=_("Log out on all devices"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for_each(
            request,
            queryset,
            lambda user: actions.end_sessions(user=user),
            ngettext_lazy("%(count)d logged out.", "%(count)d logged out.", "count"),
        )

    @admin.action(description=_("Remove the second factor, for who lost it"), permissions=["change"])
    def drop_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        by = administrator(request)
        done = ngettext_lazy("%(count)d removed.", "%(count)d removed.", "count")
        for_each(request, queryset, lambda user: actions.drop_second_factor(user=user, by=by), done)

    @admin.action(description=_("Delete accounts, for good"), permissions=["forget"])
    def forget(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        by, now = administrator(request), timezone.now()
        for_each(
            request,
            queryset,
            lambda user: deletion.forget(user=user, by=by, now=now),
            ngettext_lazy("%(count)d deleted.", "%(count)d deleted.", "count"),
        )

    def has_forget_permission(self, request: HttpRequest) -> bool:
        return administrator(request).is_superuser


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin):
    list_display = ["blocker", "blocked", "created_at"]
    list_select_related = ["blocker", "blocked"]
    search_fields = ["blocker__username", "blocked__username"]


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ["user", "page", "accepted_at"]
    list_select_related = ["user", "page"]
    list_filter = ["page__kind"]
    search_fields = ["user__username"]
