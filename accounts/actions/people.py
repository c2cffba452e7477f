"""What people do with their accounts, and administrators with those of others."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image

from accounts import audit, suspension
from accounts.errors import AccountsError
from accounts.models import Block, ChannelRole, Follow, User
from accounts.pictures import AVATAR, remove_on_commit, store_picture
from realtime import close_sockets_of

# How one is told things.
TOLD = ("live_in_page", "live_by_mail", "spaces_in_page", "spaces_by_mail")
PROFILE = ("display_name", "bio", "links", "language", "time_zone", *TOLD)


@transaction.atomic
def edit_profile(*, user: User, changes: Mapping[str, Any]) -> User:
    """Change what a profile says and how its owner is told things. Raises ValidationError."""
    changed = [field for field in PROFILE if field in changes]
    for field in changed:
        setattr(user, field, changes[field])
    user.clean_fields(exclude=[field.name for field in User._meta.fields if field.name not in changed])
    user.save(update_fields=changed)
    return user


@transaction.atomic
def set_avatar(*, user: User, picture: Image.Image | None) -> User:
    """Put a new picture in the old one's place, or none."""
    name = store_picture(picture, AVATAR) if picture else ""
    before = User.objects.select_for_update().get(pk=user.pk).avatar
    remove_on_commit(before)
    user.avatar = name
    user.save(update_fields=["avatar"])
    return user


@transaction.atomic
def block(*, user: User, other: User) -> Block:
    """Keep somebody away: they follow none of one's channels and work on none, nor one on theirs."""
    if user.pk == other.pk:
        raise AccountsError(_("You can't block yourself."))
    row, _made = Block.objects.get_or_create(blocker=user, blocked=other)
    Follow.objects.filter(channel__owner=user, user=other).delete()
    ChannelRole.objects.filter(channel__owner=user, user=other).delete()
    ChannelRole.objects.filter(channel__owner=other, user=user).delete()
    return row


def unblock(*, user: User, other: User) -> None:
    Block.objects.filter(blocker=user, blocked=other).delete()


@transaction.atomic
def end_sessions(*, user: User) -> User:
    """Log somebody out everywhere, and cut what they have open."""
    user = User.objects.select_for_update().get(pk=user.pk)
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])
    transaction.on_commit(lambda: close_sockets_of(user.pk))
    return user


@transaction.atomic
def suspend_user(*, user: User, by: User, now: datetime, reason: str = "") -> User:
    """Shut somebody out: no log-in, no session, no channel, and whatever other apps registered.

    Harmless when done already. Raises AccountsError for oneself, and for a superuser by anybody else.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.pk == by.pk:
        raise AccountsError(_("You can't suspend yourself."))
    if user.is_superuser and not by.is_superuser:
        raise AccountsError(_("Only a superuser may suspend a superuser."))
    if not user.is_active:
        return user
    user.is_active = False
    user.suspended_at = now
    user.suspension_reason = reason[:300]
    user.save(update_fields=["is_active", "suspended_at", "suspension_reason"])
    user = end_sessions(user=user)
    suspension.run(user=user, by=by, now=now)
    audit.record(by, "suspended user", user, reason=reason)
    return user


@transaction.atomic
def restore_user(*, user: User, by: User) -> User:
    """Let somebody in again. Their channels are restored one by one, by hand."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.deleted_at is not None:
        raise AccountsError(_("A deleted account doesn't come back."))
    if not user.is_active:
        user.is_active = True
        user.suspended_at = None
        user.suspension_reason = ""
        user.save(update_fields=["is_active", "suspended_at", "suspension_reason"])
        audit.record(by, "restored user", user)
    return user


@transaction.atomic
def change_address(*, user: User, address: str, by: User) -> User:
    """An administrator's: this is somebody's address, and it is theirs."""
    user.email = address
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    if address:
        EmailAddress.objects.create(user=user, email=address, primary=True, verified=True)
    audit.record(by, "set address", user)
    return user


@transaction.atomic
def drop_second_factor(*, user: User, by: User) -> None:
    """For somebody who lost it. Raises AccountsError when a superuser's is dropped by anybody else than one."""
    if user.is_superuser and not by.is_superuser:
        raise AccountsError(_("Only a superuser may do that to a superuser."))
    Authenticator.objects.filter(user=user).delete()
    audit.record(by, "removed second factor", user)


@transaction.atomic
def make_administrator(*, name: str, address: str, password: str) -> User:
    """Somebody who may do everything, address verified. Raises ValidationError or IntegrityError for what can't be."""
    user = User(username=name, email=address, is_staff=True, is_superuser=True)
    user.set_password(password)
    user.full_clean()
    user.save()
    EmailAddress.objects.create(user=user, email=address, primary=True, verified=True)
    audit.record(None, "made administrator", user)
    return user
