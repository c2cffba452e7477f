"""What workers do for Spaces."""

from celery import shared_task
from django.utils import timezone

from spaces import reminding, tickets


@shared_task(name="spaces.tasks.tell_reminders")
def tell_reminders() -> None:
    """Tell those who wanted to be reminded of a Space, each quarter minute, and take up whose event it is time for."""
    now = timezone.now()
    tickets.note_begun_meanwhile(now)
    reminding.tell_due(now)
