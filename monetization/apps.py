from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonetizationConfig(AppConfig):
    name = "monetization"

    def ready(self) -> None:
        from accounts import deletion
        from monetization import (
            contracts,
            entrance,
            event_notices,
            forgetting,
            leaving,
            notices,
            selling,
            tickets,
            tip_topics,
            tips,
            visitors,
            wishes,
        )
        from monetization.subscriptions import end_subscriptions_of, subscriptions_of

        deletion.register(
            "tickets",
            visitors.close_events_of,
            says=_("Your tickets are worth nothing any more."),
            export=visitors.tickets_of,
        )
        deletion.register("contracts", contracts.end_contracts_of)
        deletion.register("gifts", wishes.forget, says=_("What you were given ends."), export=wishes.gifts_of)
        deletion.register(
            "subscriptions", end_subscriptions_of, says=_("Your subscriptions end."), export=subscriptions_of
        )
        deletion.register(
            "payments",
            forgetting.forget_cards_of,
            says=_("Your saved cards are removed. What you paid stays in the books, without your name."),
            export=forgetting.payments_of,
        )
        deletion.register(
            "earnings",
            leaving.settle_up,
            says=_("Your bank account is forgotten. What was earned and paid stays in the books, without your name."),
            export=leaving.earnings_facts,
        )
        notices.register()
        event_notices.register()
        selling.sell()
        tips.sell()
        tickets.sell()
        entrance.register()
        tip_topics.register()
