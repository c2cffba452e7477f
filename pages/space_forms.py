"""What whoever opens a Space fills in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, User
from monetization.models import TicketedEvent
from pages.broadcast_forms import FURTHEST
from spaces.actions import Plan
from spaces.models import Audience, Space
from spaces.tickets import events_to_choose
from streaming.access import edited_channels
from streaming.languages import LANGUAGES
from streaming.tags import MAX_TAGS, parse_tags


class SpaceForm(forms.Form):
    """Title, topics and who may listen. With a time it is announced, without it opens at once."""

    channel = forms.ModelChoiceField(Channel.objects.none(), label=_("Channel"), empty_label=None)
    title = forms.CharField(label=_("What do you want to talk about?"), max_length=140)
    about = forms.CharField(
        label=_("About it"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    topics = forms.CharField(
        label=_("Topics"),
        required=False,
        max_length=200,
        help_text=format_lazy(_("Up to {count} words, with commas between."), count=MAX_TAGS),
    )
    language = forms.ChoiceField(label=_("Language"), required=False, choices=[("", "–"), *LANGUAGES])
    audience = forms.ChoiceField(label=_("Who can listen"), choices=Audience.choices)
    event = forms.ModelChoiceField(
        TicketedEvent.objects.none(),
        label=_("Ticketed event"),
        required=False,
        help_text=_("For ticket holders: to which event. Open at its time, the Space is the event taking place."),
    )
    starts_at = forms.DateTimeField(
        label=_("Begins"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Leave it empty to open the Space now."),
    )

    def __init__(self, *args: Any, user: User, now: datetime, space: Space | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        channel = self.fields["channel"]
        assert isinstance(channel, forms.ModelChoiceField)
        channel.queryset = edited_channels(user).filter(is_suspended=False)
        self._offer_events(user, space)
        if space is not None:
            self.initial = initial_of(space)
            del self.fields["channel"]
            if space.state == Space.State.PLANNED:
                self.fields["starts_at"].required = True
                self.fields["starts_at"].help_text = ""
            else:
                del self.fields["starts_at"]

    def _offer_events(self, user: User, space: Space | None) -> None:
        """Ticket holders are asked in only by who sells tickets."""
        event, audience = self.fields["event"], self.fields["audience"]
        assert isinstance(event, forms.ModelChoiceField)
        assert isinstance(audience, forms.ChoiceField)
        event.queryset = events_to_choose(user, space)
        if not event.queryset.exists():
            del self.fields["event"]
            audience.choices = [pair for pair in Audience.choices if pair[0] != Audience.TICKETS]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("audience") == Audience.TICKETS and given.get("event") is None and "event" not in self.errors:
            self.add_error("event", _("Choose the event whose tickets let people in."))
        return given

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"].strip()
        if not title.isprintable():
            raise ValidationError(_("A title is one line of printable text."))
        return title

    def clean_topics(self) -> list[str]:
        return parse_tags(self.cleaned_data["topics"])

    def clean_starts_at(self) -> datetime | None:
        if self.cleaned_data["starts_at"] is None:
            return None
        starts_at: datetime = self.cleaned_data["starts_at"].astimezone(UTC)
        if not self._now - timedelta(minutes=5) <= starts_at <= self._now + FURTHEST:
            raise ValidationError(_("Choose a time from now on, within a year."))
        return starts_at

    def plan(self) -> Plan:
        given = self.cleaned_data
        names = ("title", "about", "topics", "language", "audience")
        return Plan(**{name: given[name] for name in names}, event=given.get("event"), starts_at=given.get("starts_at"))


def initial_of(space: Space) -> dict[str, Any]:
    return {
        "title": space.title,
        "about": space.about,
        "topics": ", ".join(tag.name for tag in space.topics.all()),
        "language": space.language,
        "audience": space.audience,
        "event": space.event_id,
        "starts_at": space.starts_at,
    }
