"""What the admin's pages share: changes made there are audited like everything else."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest

from accounts import audit
from accounts.errors import AccountsError
from accounts.models import User
from realtime.errors import CommandRefused


def administrator(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def for_each(request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], object], done: Any) -> None:
    """Do something to each row; those it can't be done to say why. `done` is an `ngettext_lazy` of `count`."""
    count = 0
    for row in rows:
        try:
            act(row)
            count += 1
        except (AccountsError, CommandRefused) as error:
            messages.error(request, f"{row}: {error.message}")
    if count:
        messages.success(request, done % {"count": count})


class AuditedAdmin(admin.ModelAdmin):
    """Writes down who changed what, in the house's own log as well as in Django's."""

    def save_model(self, request: HttpRequest, obj: Model, form: BaseForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        what = f"{'changed' if change else 'added'} {obj._meta.verbose_name_raw}"
        audit.record(administrator(request), what, obj, fields=list(form.changed_data))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        audit.record(administrator(request), f"deleted {obj._meta.verbose_name_raw}", obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        for row in queryset:
            self.delete_model(request, row)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only actions write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
