"""What the gateway and the books don't agree on, and how far its lists have been read."""

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.admin.base import ReadOnlyAdmin, administrator, for_each
from monetization import reconciling
from monetization.models import Bookmark, Difference
from monetization.money import Money


class NoteForm(ActionForm):
    """What it was, beside the action that closes it."""

    note = forms.CharField(label=_("What it was"), max_length=300, required=False)


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyAdmin):
    """Found each night. Nothing is put right by itself: whoever has looked closes it."""

    list_display = ["found_at", "kind", "about", "there", "here", "closed_at", "closed_by", "note"]
    list_filter = [("closed_at", admin.EmptyFieldListFilter), "kind", "currency"]
    list_select_related = ["closed_by"]
    search_fields = ["about", "note"]
    action_form = NoteForm
    actions = ["close"]

    @admin.display(description=_("at the gateway"))
    def there(self, row: Difference) -> str:
        return str(Money(row.there_minor, row.currency))

    @admin.display(description=_("in the books"))
    def here(self, row: Difference) -> str:
        return str(Money(row.here_minor, row.currency))

    def has_close_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("monetization.change_difference")

    @admin.action(description=_("Close: write beside what it was"), permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet[Difference]) -> None:
        by, now, note = administrator(request), timezone.now(), request.POST.get("note", "")
        for_each(
            request,
            queryset,
            lambda row: reconciling.close(difference=row, note=note, by=by, now=now),
            ngettext_lazy("%(count)d closed.", "%(count)d closed.", "count"),
        )


@admin.register(Bookmark)
class BookmarkAdmin(ReadOnlyAdmin):
    list_display = ["name", "read_until"]
