"""Media that nobody may see any more is taken away: of broadcasts that ended, and of paths that were left."""

from datetime import datetime, timedelta

from django.conf import settings

from media_pipeline.store import remove_broadcast
from streaming import watching
from streaming.models import Broadcast

ENDED_MEDIA_KEPT = timedelta(minutes=2)


def remove_unshown(now: datetime) -> None:
    """Delete every media path but those on air and those of broadcasts that just ended in the ordinary way."""
    live_dir = settings.ENV.media_dir / "live"
    found = {path.name for path in live_dir.iterdir()} if live_dir.exists() else set()
    if not found:
        return
    # Asked after looking: a path that came meanwhile isn't among those found.
    ended = Broadcast.objects.filter(ended_at__gt=now - ENDED_MEDIA_KEPT)
    ended = ended.exclude(end_reason__in=Broadcast.TAKEN_AWAY)
    shown = {*Broadcast.objects.on_air().values_list("media_path", flat=True)}
    unshown = found - shown - {*ended.values_list("media_path", flat=True)}
    for media_path in unshown:
        remove_broadcast(live_dir, media_path)
    watching.forget(sorted(unshown))
