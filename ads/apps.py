from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AdsConfig(AppConfig):
    name = "ads"
    verbose_name = _("Ads")

    def ready(self) -> None:
        from accounts import deletion
        from ads import announcing, banking, buying, forgetting, notices, perks, reports
        from monetization import by_broadcast

        announcing.register()
        perks.register()
        notices.register()
        banking.register()
        buying.sell()
        by_broadcast.register("ads", reports.broadcast_figures)
        deletion.register(
            "ads",
            forgetting.forget_advertiser,
            says=_("Your campaigns end. What was spent on ads stays in the books, without your name."),
            export=forgetting.advertiser_facts,
        )
