"""Money: one's own cards and payments, tips that only the owner of a channel sees. Bob is the user, and paid."""

from tests.pages.doors import LOGIN, ON, Door, each, each_gets, for_owner, once_inside, takes

NOT_THERE = once_inside(404)
BOBS, BOBS_PAGE = (LOGIN, ON, *(404,) * 5), (LOGIN, 200, *(404,) * 5)
SALE = {"amount": "5", "currency": "eur", "capacity": "9", "most_devices": "2"}
# What isn't chosen isn't changed.
BOBS_SHORT = (LOGIN, 422, *(404,) * 5)
BOUNDS = {"is_on": "on", "currency": "eur", "least": "1", "most": "5"}

DOORS = [
    Door("/settings/wallet", once_inside(200)),
    takes("/settings/wallet/country", once_inside(ON)),
    takes("/settings/wallet/start", once_inside(200)),
    takes("/settings/wallet/keep", once_inside(ON)),
    takes("/settings/wallet/{bobs_card}/prefer", BOBS),
    takes("/settings/wallet/{bobs_card}/remove", BOBS),
    # Nobody tips themselves.
    Door("/@alice/tip", each(LOGIN, 200, 200, 200, 200, 404, 200), each(LOGIN, 422, 422, 422, 422, 404, 422)),
    Door("/@shut/tip", NOT_THERE, NOT_THERE),
    Door("/@nobody/tip", NOT_THERE, NOT_THERE),
    Door("/@alice/subscribe", each(LOGIN, 200, 200, 200, 200, 404, 200), each(LOGIN, 422, 422, 422, 422, 404, 422)),
    Door("/@shut/subscribe", NOT_THERE, NOT_THERE),
    Door("/@nobody/subscribe", NOT_THERE, NOT_THERE),
    Door("/@alice/gift", each(LOGIN, 200, 200, 200, 200, 404, 200), each(LOGIN, 422, 422, 422, 422, 404, 422)),
    Door("/@shut/gift", NOT_THERE, NOT_THERE),
    Door("/@nobody/gift", NOT_THERE, NOT_THERE),
    Door("/settings/subscriptions", once_inside(200)),
    takes("/settings/subscriptions/wishes", once_inside(ON)),
    takes("/settings/subscriptions/gifts/{bobs_month}/decline", BOBS),
    Door("/settings/subscriptions/{bobs_contract}/tier", BOBS_PAGE, BOBS_SHORT),
    takes("/settings/subscriptions/{bobs_contract}/cancel", BOBS),
    takes("/settings/subscriptions/{bobs_contract}/resume", BOBS),
    takes("/settings/subscriptions/{bobs_contract}/pay", BOBS),
    Door("/settings/tickets", once_inside(200)),
    # Bob has a card; nobody buys of themselves, and what isn't sold has no such page.
    Door(
        "/@alice/schedule/{sold}/ticket",
        each(LOGIN, 200, 200, 200, 200, ON, 200),
        each(LOGIN, 422, 422, 422, 422, ON, 422),
    ),
    Door("/@alice/schedule/{event}/ticket", NOT_THERE, NOT_THERE),
    Door("/@shut/schedule/{sold}/ticket", NOT_THERE, NOT_THERE),
    Door("/studio/alice/schedule/{sold}/tickets", for_owner(200)),
    Door("/studio/alice/schedule/{event}/tickets", for_owner(200)),
    Door("/studio/shut/schedule/{sold}/tickets", NOT_THERE),
    takes("/studio/alice/schedule/{event}/tickets/sell", for_owner(ON), **SALE),
    takes("/studio/shut/schedule/{sold}/tickets/sell", NOT_THERE, **SALE),
    takes("/studio/alice/schedule/{sold}/tickets/terms", for_owner(ON), **SALE),
    takes("/studio/alice/schedule/{event}/tickets/terms", NOT_THERE, **SALE),
    takes("/studio/alice/schedule/{sold}/tickets/prices", for_owner(422)),
    takes("/studio/alice/schedule/{event}/tickets/prices", NOT_THERE),
    takes("/studio/alice/schedule/{sold}/tickets/prices/FR/drop", for_owner(ON)),
    takes("/studio/alice/schedule/{sold}/tickets/0/refund", NOT_THERE, reason="x"),
    takes("/studio/alice/schedule/{sold}/tickets/cancel", for_owner(ON)),
    takes("/studio/alice/schedule/{event}/tickets/cancel", NOT_THERE),
    takes("/studio/shut/schedule/{sold}/tickets/cancel", NOT_THERE),
    Door("/money/payments/{payment}", BOBS_PAGE),
    takes("/money/payments/{payment}/look", BOBS),
    Door("/studio/alice/tips", for_owner(200)),
    Door("/studio/nothing/tips", NOT_THERE),
    takes("/studio/alice/tips/settings", for_owner(ON), **BOUNDS),
    takes("/studio/alice/tips/goal", for_owner(ON), title="Lamp", amount="50", currency="eur"),
    takes("/studio/alice/tips/goal/close", for_owner(ON)),
    takes("/studio/alice/tips/overlay/try", for_owner(ON)),
    takes("/studio/alice/tips/overlay", for_owner(ON)),
    takes("/studio/nothing/tips/goal", NOT_THERE),
    takes("/studio/nothing/tips/goal/close", NOT_THERE),
    takes("/studio/nothing/tips/overlay", NOT_THERE),
    takes("/studio/nothing/tips/overlay/try", NOT_THERE),
    Door("/overlays/tips/{tip_overlay}/goal", each_gets(200)),
    Door("/overlays/tips/{tip_overlay}/chat", each_gets(404)),
    Door("/overlays/tips/1-none/alerts", each_gets(404)),
    takes("/studio/alice/tips/{tip}/words", for_owner(ON), show="1"),
    takes("/studio/alice/tips/{tip}/refund", for_owner(ON)),
    takes("/studio/shut/tips/{tip}/words", NOT_THERE, show="1"),
    takes("/studio/shut/tips/{tip}/refund", NOT_THERE),
    # Only the gateway signs what comes here.
    takes("/money/hook", each_gets(400)),
]
