"""What workers do for chat: show what was delayed, end what was for a while."""

from celery import shared_task
from django.utils import timezone

from chat import actions, announcing, tallies
from chat.models import Message


@shared_task(name=announcing.SHOW)
def show_line(message_id: int) -> None:
    """Show a delayed line to all. Shown twice it is still one line: it has its number."""
    message = Message.objects.to_describe().select_related("room").filter(pk=message_id).first()
    if message is not None:
        announcing.announce_shown(message, timezone.now())


@shared_task(name="chat.tasks.end_modes")
def end_modes() -> None:
    """What is over, each second: rooms that were the subscribers' for a while, polls, countdowns of raids."""
    now = timezone.now()
    actions.end_modes(now=now)
    actions.end_due_polls(now=now)
    actions.send_due_raids(now=now)
    tallies.tell_running()
