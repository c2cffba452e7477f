"""A tip from the first card to the refund, its goal, and a gift, in a browser on the payments sandbox."""

import secrets
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Eventually, StartEncoder
from tests.e2e.money.conftest import Open
from tests.e2e.pages.browsing import barriers
from tests.stack import RunningStack

GOOD, ASKS, DECLINED_LATER, DECLINED = "4242424242424242", "4000002500003155", "4000000000000341", "4000000000000002"


def type_card(page: Page, number: str) -> None:
    """Into the fields of the gateway's script."""
    fields = page.locator("[data-card] input")
    for place, text in enumerate((number, "12", "40", "123", "12345")):
        fields.nth(place).fill(text)
    page.get_by_role("button", name="Save the card").click()


def tip(page: Page, channel: str, amount: str, message: str = "", card: str = "") -> None:
    page.goto(f"/@{channel}/tip")
    page.get_by_label("Amount in EUR").fill(amount)
    page.get_by_label("A few words").fill(message)
    if card:
        page.get_by_label("Card").select_option(label=f"Visa •••• {card[-4:]}")
    page.get_by_role("button", name="Give").click()


def test_a_tip_from_the_first_card_to_the_refund(
    open_as: Open, channel: str, stack: RunningStack, eventually: Eventually
) -> None:
    bob, alice = open_as("bob"), open_as("alice")
    alice.goto(f"/@{channel}")

    # The way there, and the first card: one that the bank refuses, then one whose bank asks.
    bob.goto(f"/@{channel}")
    bob.get_by_role("link", name="Tip", exact=True).click()
    expect(bob.get_by_text("Payments sandbox")).to_be_visible()
    type_card(bob, DECLINED)
    expect(bob.locator("[data-error]")).to_contain_text("wasn't saved")
    type_card(bob, ASKS)
    bob.get_by_role("button", name="Complete authentication").click()
    expect(bob.locator(".message")).to_contain_text("•••• 3155 is saved")

    # The bank asks again when it is charged.
    tip(bob, channel, "5", "For the coffee")
    expect(bob.get_by_role("heading", name="Your bank asks you")).to_be_visible()
    bob.get_by_role("button", name="Confirm").click()
    bob.get_by_role("button", name="Complete authentication").click()
    expect(bob.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(bob.locator(".receipt")).to_contain_text("€5.00")
    expect(alice.locator(".line").filter(has_text="gave €5.00: For the coffee")).to_be_visible()
    expect(alice.locator("tip-goal")).to_contain_text("€5.00 of €20.00")
    receipt = bob.url

    # A card that is declined when it is charged says what to do; a good one is one click.
    bob.goto("/settings/wallet")
    type_card(bob, DECLINED_LATER)
    expect(bob.locator(".message")).to_contain_text("0341 is saved")
    tip(bob, channel, "2.50")
    expect(bob.get_by_role("alert")).to_contain_text("Your bank declined the card")
    bob.goto(f"/settings/wallet?back=tip:{channel}")
    type_card(bob, GOOD)
    bob.wait_for_url(f"**/@{channel}/tip")
    tip(bob, channel, "2.50", card=GOOD)
    expect(bob.get_by_role("heading", name="Thank you")).to_be_visible()

    # A month for whoever is there: fewer than wished, which is said before it is paid.
    carol = open_as("carol")
    carol.goto(f"/@{channel}")
    expect(carol.locator("tip-goal")).to_contain_text("€7.50 of €20.00")
    eventually(lambda: "One person here" in bob.request.get(f"/@{channel}/gift").text(), 10)
    bob.goto(f"/@{channel}/gift")
    bob.get_by_label("People who are here now").check()
    bob.get_by_label("How many people").fill("3")
    bob.get_by_label("Card").select_option(label=f"Visa •••• {GOOD[-4:]}")
    assert barriers(bob) == []
    bob.get_by_role("button", name="See what it costs").click()
    expect(bob.get_by_role("status").filter(has_text="You pay for one.")).to_be_visible()
    bob.get_by_role("button", name="Pay €1.00").click()
    expect(bob.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(alice.locator(".line").filter(has_text="gave people here a month of “Friends” each: 1")).to_be_visible()
    carol.goto("/settings/subscriptions")
    expect(carol.locator(".rows")).to_contain_text("Given by payer")
    assert barriers(carol) == []

    # The letter, and the money back.
    number = receipt.rpartition("/")[2]
    letters = Path(stack.var / "mail")
    eventually(lambda: [path for path in letters.iterdir() if number in path.read_text()], 15)
    alice.goto(f"/studio/{channel}/tips")
    alice.get_by_role("button", name="Make the addresses").click()
    carol.goto(alice.get_by_label("Address of the alerts").input_value())
    alice.get_by_role("button", name="Show a sample alert").click()
    expect(carol.locator(".tip-alert")).to_contain_text("This is only a sample.")
    assert barriers(alice) == []
    alice.get_by_role("button", name="Give back €5.00").click()
    alice.get_by_role("dialog").get_by_role("button", name="Give back").click()
    expect(alice.locator(".message")).to_contain_text("€5.00 go back")
    bob.goto(receipt)
    expect(bob.locator(".receipt")).to_contain_text("Given back")
    bob.goto("/settings/wallet")
    assert barriers(bob) == []


_TAKES_TIPS = """
from accounts.models import Channel, User
from monetization.actions import set_tips
from monetization.money import Money
channel, alice = Channel.objects.get(name={channel!r}), User.objects.get(username="alice")
Channel.objects.filter(pk=channel.pk).update(owner=alice)
channel.refresh_from_db()
set_tips(channel=channel, is_on=True, least=Money(100, "eur"), most=Money(50000, "eur"), by=alice)
"""

_NOTES_ALERTS = """
new MutationObserver(() => {
  for (const alert of document.querySelectorAll(".tip-alert:not([data-noted])")) {
    alert.dataset.noted = "";
    localStorage.setItem("noted", `${localStorage.getItem("noted") ?? ""}${alert.textContent};`);
  }
}).observe(document, { childList: true, subtree: true });
"""


def test_alerts_that_nobody_saw_are_shown_once_when_the_overlay_is_back(
    open_as: Open, stack: RunningStack, encoder: StartEncoder, eventually: Eventually
) -> None:
    made = stack.channel(f"alerts-{secrets.token_hex(3)}")
    stack.manage("shell", "--verbosity", "0", "--command", _TAKES_TIPS.format(channel=made.channel))
    bob, alice, overlay = open_as("bob"), open_as("alice"), open_as("carol")
    encoder(made)
    eventually(lambda: "live-player" in bob.request.get(f"/@{made.channel}").text(), 20)
    bob.goto("/settings/wallet")
    type_card(bob, GOOD)
    expect(bob.locator(".message")).to_contain_text("is saved")
    alice.goto(f"/studio/{made.channel}/tips")
    alice.get_by_role("button", name="Make the addresses").click()
    address = alice.get_by_label("Address of the alerts").input_value()
    alert = overlay.locator(".tip-alert")
    overlay.add_init_script(_NOTES_ALERTS)

    # Nobody has it open; then it opens, and again after it has shown it.
    tip(bob, made.channel, "3", "While it was closed", card=GOOD)
    expect(bob.get_by_role("heading", name="Thank you")).to_be_visible()
    overlay.goto(address)
    expect(alert).to_contain_text("While it was closed")
    overlay.reload()

    # Its socket is cut while another comes.
    overlay.context.set_offline(True)
    stack.kill("web")
    eventually(lambda: bob.request.get("/").ok, 30)
    tip(bob, made.channel, "4", "While it was cut off", card=GOOD)
    expect(bob.get_by_role("heading", name="Thank you")).to_be_visible()
    overlay.context.set_offline(False)
    expect(alert).to_contain_text("While it was cut off", timeout=40_000)
    noted = overlay.evaluate("localStorage.getItem('noted')")
    assert [noted.count(words) for words in ("it was closed", "it was cut off")] == [1, 1], noted
