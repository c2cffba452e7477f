"""What workers do for monetization."""

from celery import shared_task
from django.utils import timezone

from monetization import subscriptions


@shared_task(name="monetization.tasks.tell_lapses")
def tell_lapses() -> None:
    """Tell of subscriptions that have run out, each second."""
    while subscriptions.tell_lapses(timezone.now()):
        pass
