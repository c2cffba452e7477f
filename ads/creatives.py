"""Creatives: uploaded, prepared by a worker, and only then there to be reviewed."""

import logging
import secrets
import shutil
from datetime import datetime
from pathlib import Path
from typing import IO

from celery import current_app
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from ads.candidates import forget
from ads.errors import BadCreative, NotVerified
from ads.models import Advertiser, Campaign, Creative
from ads.models.creatives import FOLDER
from media_pipeline.spots import BadSpot, make_spot

log = logging.getLogger(__name__)

PREPARE = "ads.tasks.prepare_creative"
MAX_BYTES = 200 * 1024 * 1024
MOST = 20
_UPLOADS = "ad-uploads"
State = Creative.State


def add_video(
    *, campaign: Campaign, title: str, click_url: str, upload: IO[bytes], size: int, now: datetime
) -> Creative:
    """Keep an upload, and have it prepared. Raises NotVerified, and BadCreative for one too large or too many."""
    if campaign.advertiser.state != Advertiser.State.VERIFIED:
        raise NotVerified
    if size > MAX_BYTES:
        raise BadCreative(_("A video is at most 200 MB."))
    name = default_storage.save(f"{_UPLOADS}/{secrets.token_hex(12)}", File(upload))
    try:
        row = _add(campaign, now, kind=Creative.Kind.VIDEO, title=title, click_url=click_url, upload=name)
    except Exception:
        default_storage.delete(name)
        raise
    transaction.on_commit(lambda: send(row.pk))
    return row


def add_card(*, campaign: Campaign, title: str, text: str, click_url: str, now: datetime) -> Creative:
    """A card for the chat: a title, a few words, and where it leads. There is nothing to prepare."""
    facts = {"kind": Creative.Kind.CARD, "title": title, "text": text, "click_url": click_url}
    return _add(campaign, now, state=State.REVIEW, **facts)


@transaction.atomic
def _add(campaign: Campaign, now: datetime, **facts: object) -> Creative:
    Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.creatives.count() >= MOST:
        raise BadCreative(_("A campaign has at most 20 creatives."))
    return Creative.objects.create(campaign=campaign, created_at=now, **facts)


def send(creative_id: int) -> None:
    """To a worker of the queue `batch`. A broker that is away loses it; a sweep sends it again."""
    try:
        current_app.send_task(PREPARE, args=[creative_id], queue="batch")
    except OperationalError as error:
        log.error("creative %s waits: %s", creative_id, error)


def prepare(creative: Creative) -> Creative:
    """Make the video that is played out of what was uploaded. Harmless when it is made already."""
    if creative.state != State.UPLOADED:
        return creative
    name = secrets.token_hex(12)
    root = Path(default_storage.path(FOLDER)) / name

    def tell(percent: int) -> None:
        Creative.objects.filter(pk=creative.pk).update(progress=percent)

    try:
        spot = make_spot(Path(default_storage.path(creative.upload)), root, tell)
    except (BadSpot, OSError, LookupError, ValueError) as error:
        log.warning("creative %s can't be prepared: %s", creative.pk, error)
        shutil.rmtree(root, ignore_errors=True)
        return _finish(creative, state=State.FAILED)
    row = _finish(
        creative,
        state=State.REVIEW,
        folder=name,
        progress=100,
        duration_ms=spot.duration_ms,
        width=spot.width,
        height=spot.height,
        size=spot.size,
        sha256=spot.sha256,
    )
    if row.folder != name:
        # Somebody has taken it away meanwhile, or another worker was quicker.
        shutil.rmtree(root, ignore_errors=True)
    return row


@transaction.atomic
def _finish(creative: Creative, **facts: object) -> Creative:
    """Take note of how it went; nothing for a creative that is gone."""
    row = Creative.objects.select_for_update().filter(pk=creative.pk).first()
    if row is None:
        return creative
    if row.state == State.UPLOADED:
        upload = row.upload
        for name, value in {**facts, "upload": ""}.items():
            setattr(row, name, value)
        row.save()
        transaction.on_commit(lambda: default_storage.delete(upload))
    return row


@transaction.atomic
def remove(*, creative: Creative) -> None:
    """Take a creative away. One that may have been shown only stops running: more may be heard of it."""
    row = Creative.objects.select_for_update().filter(pk=creative.pk).first()
    if row is None:
        return
    if row.state in (State.APPROVED, State.REJECTED) or row.hours.exists():
        row.state, row.reason = State.REJECTED, ""
        row.save(update_fields=["state", "reason"])
    else:
        _delete(row)
    transaction.on_commit(forget)


def _delete(row: Creative) -> None:
    folder, upload = row.folder, row.upload
    row.delete()
    if upload:
        transaction.on_commit(lambda: default_storage.delete(upload))
    if folder:
        transaction.on_commit(lambda: shutil.rmtree(Path(default_storage.path(FOLDER)) / folder, ignore_errors=True))
