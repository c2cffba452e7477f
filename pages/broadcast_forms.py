"""What streamers fill in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from streaming import gates
from streaming.describing import Details
from streaming.languages import LANGUAGES
from streaming.models import BroadcastSetup, Category, ScheduledBroadcast
from streaming.scheduling import Announcement
from streaming.tags import MAX_TAGS, parse_tags

FURTHEST = timedelta(days=366)


class DetailsForm(forms.Form):
    """Title, category, tags and language of a broadcast."""

    title = forms.CharField(label=_("Title"), max_length=140, required=False)
    category = forms.ModelChoiceField(Category.objects.all(), label=_("Category"), required=False, empty_label="–")
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=200,
        help_text=format_lazy(_("Up to {count} words, with commas between."), count=MAX_TAGS),
    )
    language = forms.ChoiceField(label=_("Language"), required=False, choices=[("", "–"), *LANGUAGES])
    is_mature = forms.BooleanField(
        label=_("For adults"), required=False, help_text=_("Viewers are warned before it plays.")
    )

    @classmethod
    def showing(cls, row: BroadcastSetup | ScheduledBroadcast, **more: Any) -> "DetailsForm":
        """The form as it stands for a row."""
        return cls(initial=initial_of(row), **more)

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"].strip()
        if title and not title.isprintable():
            raise ValidationError(_("A title is one line of printable text."))
        return title

    def clean_tags(self) -> list[str]:
        return parse_tags(self.cleaned_data["tags"])

    def details(self) -> Details:
        given = self.cleaned_data
        return Details(given["title"], given["category"], given["tags"], given["language"], given["is_mature"])


def initial_of(row: BroadcastSetup | ScheduledBroadcast) -> dict[str, Any]:
    return {
        "title": row.title,
        "category": row.category_id,
        "tags": ", ".join(tag.name for tag in row.tags.all()),
        "language": row.language,
        "is_mature": row.is_mature,
    }


class ScheduleForm(DetailsForm):
    """A broadcast announced for a time. The page sends the time with its zone; without scripts it is UTC."""

    starts_at = forms.DateTimeField(
        label=_("Begins"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    duration_min = forms.IntegerField(label=_("Minutes"), min_value=5, max_value=24 * 60, initial=60)
    about = forms.CharField(
        label=_("About it"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    field_order: Sequence[str] = ("title", "starts_at", "duration_min", "about")

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        self.fields["title"].required = True

    def clean_starts_at(self) -> datetime:
        starts_at: datetime = self.cleaned_data["starts_at"].astimezone(UTC)
        if not self._now - timedelta(minutes=5) <= starts_at <= self._now + FURTHEST:
            raise ValidationError(_("Choose a time from now on, within a year."))
        return starts_at

    def announcement(self) -> Announcement:
        given = self.cleaned_data
        return Announcement(given["starts_at"], given["duration_min"], given["about"], self.details())


class VisibilityForm(forms.Form):
    """Who may see a channel's broadcasts."""

    visibility = forms.ChoiceField(label=_("Who can watch"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(gate.visibility, gate.label) for gate in gates.all_gates()]
        field = self.fields["visibility"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
