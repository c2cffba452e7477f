"""What the chat gives subscribers."""

from django.utils.translation import gettext_lazy as _

from monetization import perks

BADGE, EMOTES, ROOMS = "badge", "emotes", "rooms"


def register() -> None:
    perks.register(BADGE, _("Badge"), _("A badge before their name in the chat, with the months."))
    perks.register(EMOTES, _("Emotes"), _("The emotes that are for subscribers only."))
    perks.register(ROOMS, _("Rooms"), _("The rooms that are for subscribers."))
