from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from realtime import outbox
from realtime.models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(admin.ModelAdmin):
    """The outbox: what waits, what was given up and why, and the button that tries it again."""

    list_display = ["kind", "handler", "state", "attempts", "next_attempt_at", "created_at", "last_error"]
    list_filter = ["state", "event__kind", "handler"]
    list_select_related = ["event"]
    search_fields = ["event__kind", "handler", "last_error"]
    show_full_result_count = False
    fields = ("kind", "payload", "created_at", "handler", "state", "attempts", "next_attempt_at", "last_error")
    readonly_fields = ("kind", "payload", "created_at")
    actions = ["deliver_again"]

    @admin.display(description=_("kind"), ordering="event__kind")
    def kind(self, delivery: Delivery) -> str:
        return delivery.event.kind

    @admin.display(description=_("created"), ordering="event__created_at")
    def created_at(self, delivery: Delivery) -> object:
        return delivery.event.created_at

    @admin.display(description=_("payload"))
    def payload(self, delivery: Delivery) -> object:
        return delivery.event.payload

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_deliver_again_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.has_perm("realtime.change_delivery"))

    @admin.action(description=_("Deliver selected deliveries again"), permissions=["deliver_again"])
    def deliver_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Try them from the start. Who did so is in the admin's log."""
        retried = [one for one in queryset if outbox.retry(delivery=one, now=timezone.now())]
        for delivery in retried:
            self.log_change(request, delivery, [{"changed": {"fields": ["state"]}}])
        text = ngettext("%d delivery is tried again.", "%d deliveries are tried again.", len(retried))
        self.message_user(request, text % len(retried), messages.SUCCESS)
