"""Gifts and goals, to be read: giving a gift back is giving its payment back."""

from django.contrib import admin

from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin
from monetization.models import Gift, GivenMonth, TipGoal, Wishes


class GivenMonthInline(admin.TabularInline):
    model = GivenMonth
    fields = ["recipient", "state", "given_at", "subscription"]
    readonly_fields = ["recipient", "state", "given_at", "subscription"]
    extra = 0
    can_delete = False


@admin.register(Gift)
class GiftAdmin(ReadOnlyAdmin):
    list_display = ["payment", "tier", "is_drawn", "is_anonymous", "price"]
    list_filter = ["is_drawn", "is_anonymous", "payment__state"]
    list_select_related = ["payment__channel", "tier__channel"]
    search_fields = ["payment__payer__username", "payment__channel__name", "payment__id"]
    inlines = [GivenMonthInline]


@admin.register(GivenMonth)
class GivenMonthAdmin(ReadOnlyAdmin):
    list_display = ["recipient", "gift", "state", "given_at"]
    list_filter = ["state", "given_at"]
    list_select_related = ["recipient", "gift__payment__payer", "gift__tier__channel"]
    search_fields = ["recipient__username", "gift__payment__payer__username", "gift__tier__channel__name"]


@admin.register(Wishes)
class WishesAdmin(AuditedAdmin):
    list_display = ["user", "takes_gifts", "is_ranked"]
    list_filter = ["takes_gifts", "is_ranked"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    autocomplete_fields = ["user"]


@admin.register(TipGoal)
class TipGoalAdmin(ReadOnlyAdmin):
    """As streamers set them."""

    list_display = ["title", "channel", "amount", "starts_at", "ends_at", "closed_at"]
    list_filter = ["currency", "starts_at"]
    list_select_related = ["channel"]
    search_fields = ["title", "channel__name"]
