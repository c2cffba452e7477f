from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonetizationConfig(AppConfig):
    name = "monetization"

    def ready(self) -> None:
        from accounts import deletion
        from monetization import forgetting, tips
        from monetization.subscriptions import end_subscriptions_of, subscriptions_of

        deletion.register(
            "subscriptions", end_subscriptions_of, says=_("Your subscriptions end."), export=subscriptions_of
        )
        deletion.register(
            "payments",
            forgetting.forget_cards_of,
            says=_("Your saved cards are removed. What you paid stays in the books, without your name."),
            export=forgetting.payments_of,
        )
        tips.sell()
