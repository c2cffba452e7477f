"""What people are told about money: above all that what they pay will rise, as long before as `pricing.NOTICE` says."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts import notifications
from accounts.following import LETTERS
from accounts.mail import write_to
from accounts.models import Notification, SiteSettings, User
from accounts.queues import enqueue_on_commit
from accounts.tasks import send_letters
from monetization.countries import country_name
from monetization.models import Subscription, TierPrice
from monetization.money import Money
from monetization.pricing import PRICE_RISES, price_for, prices_of
from realtime import outbox
from realtime.outbox import Payload

_AT_A_TIME = 500
_EVERYWHERE = _("From %(from_day)s “%(tier)s” on %(channel)s costs %(price)s a month. You can cancel until then.")
_IN_A_COUNTRY = _(
    "From %(from_day)s “%(tier)s” on %(channel)s costs %(price)s a month in %(country)s. You can cancel until then."
)


def register() -> None:
    notifications.register("bank_account", _("You are paid to another bank account from now on: %(ends_in)s."))
    notifications.register("account_ready", _("The payment service has all it asked for: you can be paid."))
    notifications.register("account_wanting", _("The payment service asks more of you before you can be paid again."))
    notifications.register(
        "payout_returned", _("A payout of %(amount)s didn’t go through. It is in your balance again.")
    )
    notifications.register(
        "payout_stuck", _("Your bank didn’t take %(amount)s from the payment service. Check your bank account there.")
    )
    notifications.register("ticket_given_back", _("Your ticket to “%(title)s” is given back, %(amount)s: %(reason)s"))
    notifications.register("ticket_taken_back", _("Your ticket to “%(title)s” was taken back: %(reason)s"))
    notifications.register("price_rises", _EVERYWHERE)
    notifications.register("price_rises_there", _IN_A_COUNTRY)
    notifications.register("dispute_open", _("A bank disputes a payment of %(amount)s. Your part of it is held."))
    notifications.register("dispute_won", _("The dispute over %(amount)s was won. Your part of it is yours again."))
    notifications.register("dispute_lost", _("The dispute over %(amount)s was lost. Your part of it went back."))
    notifications.register("gift", _("%(by)s gave you a month of “%(tier)s” on %(channel)s."))
    notifications.register("gift_unnamed", _("Somebody gave you a month of “%(tier)s” on %(channel)s."))
    notifications.register("refund_failed", _("A refund of %(amount)s didn’t arrive. Your part of it is yours again."))
    notifications.register(
        "refund_didnt_arrive", _("Your card didn’t take the refund of %(amount)s. Please write to us.")
    )
    for name in ("price", "amount"):
        notifications.register_words(name, lambda fact: Money(fact["amount_minor"], fact["currency"]))
    notifications.register_words("from_day", lambda fact: date_format(date.fromisoformat(fact)))
    notifications.register_words("country", country_name)
    outbox.register(PRICE_RISES, "monetization.tell_rise", tell_rise)


def tell_rise(payload: Payload) -> None:
    """Tell everybody who is to pay it, in the page and by mail; nobody when the price was taken back meanwhile."""
    row = TierPrice.objects.select_related("tier__channel").filter(pk=payload["price"]).first()
    if row is None:
        return
    running = Subscription.objects.running(timezone.now()).filter(tier=row.tier).exclude(_pays_another(row))
    holders = User.objects.filter(pk__in=running.values("user"), is_active=True).order_by("pk")
    after = 0
    while batch := list(holders.filter(pk__gt=after)[:_AT_A_TIME]):
        _tell(batch, row)
        after = batch[-1].pk


def _pays_another(row: TierPrice) -> Q:
    """Those who are known to pay in another country, where this isn't the price."""
    known = Q(contract__isnull=False)
    if row.country:
        return known & ~Q(contract__country=row.country)
    own = [country for country in prices_of(row.tier, timezone.now()) if country]
    return known & Q(contract__country__in=own)


def _tell(holders: list[User], row: TierPrice) -> None:
    price = row.price or price_for(row.tier, "", row.starts_at)
    facts: dict[str, Any] = {
        "channel": row.tier.channel.name,
        "tier": row.tier.name,
        "price": {"amount_minor": price.amount_minor, "currency": price.currency},
        "from_day": row.starts_at.date().isoformat(),
        "country": row.country,
    }
    kind, url, now = "price_rises_there" if row.country else "price_rises", f"/@{row.tier.channel.name}", timezone.now()
    Notification.objects.bulk_create(
        [
            Notification(user=user, kind=kind, facts=facts, url=url, key=f"price:{row.pk}", created_at=now)
            for user in holders
        ],
        ignore_conflicts=True,
    )
    notifications.push(user.pk for user in holders)
    about = {"row": row, "price": price, "url": settings.PUBLIC_URL + url, "site": SiteSettings.load()}
    letters = [write_to(user, "mail/price_rises", about | {"there": row.country}) for user in holders if user.email]
    for start in range(0, len(letters), LETTERS):
        enqueue_on_commit(send_letters, letters[start : start + LETTERS])
