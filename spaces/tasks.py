"""What workers do for Spaces."""

from celery import shared_task
from django.utils import timezone

from spaces import reminding


@shared_task(name="spaces.tasks.tell_reminders")
def tell_reminders() -> None:
    """Tell those who wanted to be reminded of a Space, each quarter minute."""
    reminding.tell_due(timezone.now())
