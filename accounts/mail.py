"""Mail. It leaves from the queue `default`, never from a request and never inside a transaction."""

import logging
from collections.abc import Sequence
from smtplib import SMTPException
from typing import Any, TypedDict

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import SiteSettings, User
from accounts.queues import enqueue_on_commit

log = logging.getLogger(__name__)


class Letter(TypedDict):
    """A message as the queue carries it."""

    to: str
    subject: str
    body: str
    headers: dict[str, str]


def write_to(user: User, template: str, facts: dict[str, object]) -> Letter:
    """A letter in the reader's language, from `<template>_subject.txt` and `<template>_message.txt`."""
    with translation.override(user.language or settings.LANGUAGE_CODE):
        return write(user.email, template, facts | {"user": user})


def write(address: str, template: str, facts: dict[str, object]) -> Letter:
    """A letter in the language that is active."""
    context = {"site": facts.get("site") or SiteSettings.load(), "site_url": settings.PUBLIC_URL} | facts
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    return Letter(to=address, subject=subject, body=render_to_string(f"{template}_message.txt", context), headers={})


def to_letter(message: EmailMessage) -> Letter:
    """What allauth composed, as the queue carries it."""
    headers = {str(name): str(value) for name, value in message.extra_headers.items()}
    return Letter(to=message.to[0], subject=str(message.subject), body=str(message.body), headers=headers)


def post_on_commit(letter: Letter) -> None:
    from accounts.tasks import send_letters

    enqueue_on_commit(send_letters, [letter])


def deliver(letters: Sequence[Letter]) -> list[Letter]:
    """Send over one connection, until it fails; those that didn't go. For tasks alone: it waits on the mail server."""
    sent = 0
    try:
        with get_connection() as connection:
            for letter in letters:
                _compose(letter, connection).send()
                sent += 1
    except (SMTPException, OSError) as error:
        log.warning("mail not sent yet, %d wait: %s", len(letters) - sent, error)
    return list(letters[sent:])


def deliver_one(letter: Letter) -> None:
    """Send now. Raises SMTPException or OSError with what the mail server said."""
    _compose(letter, get_connection()).send()


def _compose(letter: Letter, connection: Any) -> EmailMessage:
    return EmailMessage(
        letter["subject"], letter["body"], to=[letter["to"]], headers=letter["headers"], connection=connection
    )
