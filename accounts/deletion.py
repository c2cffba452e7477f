"""Deleting an account, and handing out what is known of a person. Every app registers its part.

A deleted account's row stays, emptied, so that what refers to it (an audit entry, later a ledger line) still can.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.people import end_sessions
from accounts.errors import AccountsError, WrongPassword
from accounts.models import AuditEntry, Channel, Report, User
from accounts.names import FORMER
from accounts.pictures import remove_on_commit


class Handler(Protocol):
    def __call__(self, *, user: User, now: datetime) -> None: ...


Export = Callable[[User], Any]


@dataclass(frozen=True)
class Part:
    """An app's part: what it does, how the page announces it, and what it knows of a person."""

    handler: Handler
    says: str | Promise
    export: Export | None


_parts: dict[str, Part] = {}


def register(name: str, handler: Handler, *, says: str | Promise = "", export: Export | None = None) -> None:
    """`handler` runs inside the transaction, before accounts forgets the person; `export` answers JSON."""
    _parts[name] = Part(handler, says, export)


def announcements() -> Iterator[str]:
    """What deleting an account does, in the reader's language."""
    yield str(_("Your name, address, profile, pictures, follows, roles and notifications are removed at once."))
    yield from (str(part.says) for part in _parts.values() if part.says)


@transaction.atomic
def delete_account(*, user: User, password: str, now: datetime) -> None:
    """Delete one's own account, for good. Raises WrongPassword."""
    if not user.check_password(password):
        raise WrongPassword
    forget(user=user, by=user, now=now)


@transaction.atomic
def forget(*, user: User, by: User, now: datetime) -> None:
    """Delete an account; an administrator needs no password for it. Harmless when done already."""
    # The person before anything of theirs, as whoever writes something of theirs does: neither waits for the other.
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.deleted_at is not None:
        return
    if user.is_superuser and not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists():
        raise AccountsError
    for part in _parts.values():
        part.handler(user=user, now=now)
    end_sessions(user=user)
    _drop_relations(user)
    for channel in Channel.objects.filter(owner=user):
        _empty_channel(channel)
    _empty(user, now)
    audit.record(None if by.pk == user.pk else by, "deleted account", user)


def _drop_relations(user: User) -> None:
    for rows in (user.notifications, user.follows, user.channel_roles, user.consents, user.blocks, user.blocked_by):
        rows.all().delete()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    Report.objects.filter(reporter=user).update(reporter=None)
    Report.objects.filter(user=user, kind="user").update(label=f"{FORMER}{user.pk}", excerpt="")
    AuditEntry.objects.filter(actor=user).update(actor_name=f"{FORMER}{user.pk}")
    AuditEntry.objects.filter(target_type=user._meta.label_lower, target_id=str(user.pk)).update(
        target_name=f"{FORMER}{user.pk}"
    )


def _empty_channel(channel: Channel) -> None:
    """A channel whose owner is gone: dark for good, its name free again."""
    remove_on_commit(channel.avatar)
    remove_on_commit(channel.banner)
    channel.follows.all().delete()
    channel.roles.all().delete()
    channel.name = f"{FORMER}{channel.pk}"
    channel.title = channel.description = channel.sponsor = channel.avatar = channel.banner = ""
    channel.owner = None
    channel.is_suspended = True
    channel.key_version += 1
    channel.save()


def _empty(user: User, now: datetime) -> None:
    remove_on_commit(user.avatar)
    user.refresh_from_db()
    user.username = f"{FORMER}{user.pk}"
    user.email = user.first_name = user.last_name = user.display_name = user.bio = user.avatar = ""
    user.language = user.time_zone = user.suspension_reason = ""
    user.links = []
    user.is_active = user.is_staff = user.is_superuser = False
    user.deleted_at = now
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()


def export_account(user: User) -> bytes:
    """All that is known of a person: a zip of JSON files, one an app."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, facts in [("account", _facts_of(user)), *_exports(user)]:
            archive.writestr(f"{name}.json", json.dumps(facts, indent=2, cls=DjangoJSONEncoder, ensure_ascii=False))
    return out.getvalue()


def _exports(user: User) -> Iterator[tuple[str, Any]]:
    return ((name, part.export(user)) for name, part in _parts.items() if part.export)


def _facts_of(user: User) -> dict[str, Any]:
    own = ("username", "email", "display_name", "bio", "links", "language", "time_zone", "date_joined", "last_login")
    return {name: getattr(user, name) for name in own} | {
        "addresses": list(EmailAddress.objects.filter(user=user).values("email", "verified", "primary")),
        "channels": list(user.channels.values("name", "title", "description", "sponsor", "created_at")),
        "roles": list(user.channel_roles.values("channel__name", "role", "created_at")),
        "follows": list(user.follows.values("channel__name", "notify", "notify_by_mail", "created_at")),
        "blocks": list(user.blocks.values("blocked__username", "created_at")),
        "notifications": list(user.notifications.values("kind", "facts", "created_at", "read_at")),
        "consents": list(user.consents.values("page__kind", "page__version", "accepted_at")),
        "reports": list(user.reports_made.values("kind", "label", "reason", "text", "created_at", "outcome")),
    }
