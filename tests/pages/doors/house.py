"""The Django admin: rows for every model that is registered, and for what stands beside them."""

from django.contrib import admin
from django.db.models import Model

from tests.pages.doors import LOGIN, ON, Answer, Answers, Door

# Roles on a channel open nothing here, as each of them shows at the pages beside the rows.
AT_ROWS = ("stranger", "owner", "admin")
OF_MONEY = ("/admin/monetization/", "/admin/ads/")
PAGES = ("", "add/", "0/", "0/change/", "0/delete/", "0/history/")
# What nobody does to rows by hand: actions do it, and leave an audit row.
NOBODY_ADDS = {
    "ads.adbreak",
    "ads.adcharge",
    "ads.adday",
    "ads.adearning",
    "ads.adhour",
    "ads.adtally",
    "ads.balancerefund",
    "ads.channelads",
    "ads.creative",
    "ads.topup",
    "realtime.delivery",
    "accounts.auditentry",
    "accounts.block",
    "accounts.channelrole",
    "accounts.consent",
    "accounts.report",
    "accounts.sitesettings",
    "chat.emote",
    "chat.heldmessage",
    "chat.hiddenperson",
    "chat.message",
    "chat.moderatornote",
    "chat.poll",
    "chat.pollvote",
    "chat.raid",
    "chat.raidsetup",
    "chat.room",
    "chat.sanction",
    "monetization.bookmark",
    "monetization.card",
    "monetization.connectedaccount",
    "monetization.leftaccount",
    "monetization.contract",
    "monetization.gift",
    "monetization.givenmonth",
    "monetization.tipgoal",
    "monetization.period",
    "monetization.customer",
    "monetization.difference",
    "monetization.dispute",
    "monetization.ledgeraccount",
    "monetization.ledgerentry",
    "monetization.bankaccount",
    "monetization.ledgerline",
    "monetization.jointcharge",
    "monetization.payment",
    "monetization.refund",
    "monetization.tip",
    "monetization.webhookevent",
    "monetization.payout",
    "monetization.payoutplan",
    "monetization.payoutsettings",
    "monetization.payoutrun",
    "monetization.residence",
    "monetization.ticket",
    "monetization.ticketedevent",
    "monetization.ticketprice",
    "monetization.tier",
    "monetization.tierprice",
    "monetization.tierswitch",
    "spaces.part",
    "spaces.reminder",
    "spaces.space",
    "streaming.broadcast",
    "streaming.ingestsession",
    "streaming.recording",
    "streaming.refusal",
    "streaming.scheduledbroadcast",
    "streaming.tag",
}
# What is added by an action, and stays.
KEPT = {"monetization.adjustment", "monetization.payoutbatch", "monetization.subscription"}
# One row, to which its list leads.
SINGLE = {"accounts.sitesettings", "monetization.payoutsettings"}
NOBODY_CHANGES = NOBODY_ADDS - SINGLE - {"chat.room", "ads.creative"} | KEPT | {"ads.revenueshare"}
NOBODY_DELETES = NOBODY_ADDS - {"streaming.tag"} | {"accounts.channel", "accounts.user"} | KEPT
# They are ended.
NOBODY_DELETES |= {"monetization.feerule", "monetization.taxrate"}
# Ads that were seen stay in the figures.
NOBODY_DELETES |= {"ads.campaign", "ads.creative", "ads.lineitem", "ads.adrules", "ads.revenueshare"}
# Only drafts may go, and there is none.
NOBODY_DELETES |= {"accounts.legalpage"}


def inside(answer: Answer) -> Answers:
    """For the administrator; all others are led to the log-in page, which tells those who have that it isn't theirs."""
    return (*(LOGIN,) * 6, answer)


def base_of(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def pages_of(model: type[Model]) -> list[str]:
    return [base_of(model) + page for page in PAGES]


def doors_of(model: type[Model]) -> list[Door]:
    """The pages of a model, and of its row 0, which isn't there: whoever may see it is led back to the admin."""
    base, name = base_of(model), model._meta.label_lower
    listed = inside(ON if name in SINGLE else 200)
    added = inside(403 if name in NOBODY_ADDS else 200)
    deleted = inside(403 if name in NOBODY_DELETES else ON)
    return [
        Door(base, listed, listed, asked=AT_ROWS),
        Door(base + "add/", added, added, asked=AT_ROWS),
        Door(base + "0/", inside(ON), inside(ON), asked=AT_ROWS),
        Door(base + "0/change/", inside(ON), inside(403 if name in NOBODY_CHANGES else ON), asked=AT_ROWS),
        Door(base + "0/delete/", deleted, deleted, asked=AT_ROWS),
        Door(base + "0/history/", inside(ON), inside(ON), asked=AT_ROWS),
    ]


DOORS = [
    Door("/admin/", inside(200), inside(200)),
    Door("/admin/overview/", inside(200), inside(405)),
    Door("/admin/login/", (LOGIN, 403, 403, 403, 403, 403, ON), (LOGIN, 403, 403, 403, 403, 403, 200)),
    Door("/admin/logout/", (*(ON,) * 6, 405), (ON,) * 7),
    Door("/admin/password_change/", inside(200), inside(200)),
    Door("/admin/password_change/done/", inside(200), inside(405)),
    Door("/admin/autocomplete/", inside(403), inside(405)),
    Door("/admin/jsi18n/", inside(200), inside(405)),
    Door("/admin/r/0/0/", inside(404), inside(404)),
    Door("/admin/accounts/", inside(200), inside(200)),
    Door("/admin/nonsense", inside(404), inside(404)),
    Door("/admin/accounts/sitesettings/test-mail/", inside(405), inside(ON)),
    Door("/admin/accounts/user/0/password/", inside(404), inside(404)),
    *(door for model in admin.site._registry for door in doors_of(model)),
]
