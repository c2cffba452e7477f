"""What administrators decide of advertisers, campaigns and creatives, and advertisers of what is theirs."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.notifications import notify
from ads.candidates import forget
from ads.errors import NotReady, NotVerified, SameHands
from ads.models import Advertiser, Campaign, Creative, LineItem
from monetization.locking import lock_people

State = Campaign.State
REVIEWED = "ad_reviewed"


@transaction.atomic
def register(*, owner: User, name: str, website: str, currency: str, now: datetime) -> Advertiser:
    """Open somebody's account for ads. It waits to be verified."""
    row = Advertiser.objects.create(owner=owner, name=name, website=website, currency=currency, created_at=now)
    audit.record(owner, "opened advertiser", row)
    return row


@transaction.atomic
def verify(*, advertiser: Advertiser, by: User) -> Advertiser:
    """They are who they say. Raises SameHands for one's own."""
    return _judge(advertiser, Advertiser.State.VERIFIED, by)


@transaction.atomic
def refuse(*, advertiser: Advertiser, by: User | None) -> Advertiser:
    """They may not advertise, or no longer. Nobody decided it where a bank took back what they had paid."""
    return _judge(advertiser, Advertiser.State.REFUSED, by)


def _judge(advertiser: Advertiser, state: str, by: User | None) -> Advertiser:
    lock_people(advertiser.owner_id)
    advertiser = Advertiser.objects.select_for_update().get(pk=advertiser.pk)
    if by is not None and advertiser.owner_id == by.pk and not advertiser.is_house:
        raise SameHands
    if advertiser.state != state:
        advertiser.state = state
        advertiser.save(update_fields=["state"])
        audit.record(by, f"advertiser {state}", advertiser)
        _tell(advertiser, advertiser.name, str(state))
    return advertiser


@transaction.atomic
def submit(*, campaign: Campaign) -> Campaign:
    """Have a campaign reviewed. Raises NotReady without a line item and a creative."""
    campaign = _locked(campaign)
    if campaign.state not in (State.DRAFT, State.REJECTED):
        raise NotReady
    if not campaign.lines.exists() or not campaign.creatives.exists():
        raise NotReady
    return _set(campaign, State.REVIEW)


@transaction.atomic
def approve(*, campaign: Campaign, by: User) -> Campaign:
    """Let a campaign run. Raises NotVerified, SameHands or NotReady."""
    campaign = _locked(campaign)
    advertiser = campaign.advertiser
    if advertiser.state != Advertiser.State.VERIFIED:
        raise NotVerified
    if advertiser.owner_id == by.pk and not advertiser.is_house:
        raise SameHands
    if campaign.state not in (State.REVIEW, State.PAUSED):
        raise NotReady
    _wait_for_refunds(campaign)
    return _decide(campaign, State.APPROVED, by)


@transaction.atomic
def reject(*, campaign: Campaign, by: User, reason: str = "") -> Campaign:
    campaign = _locked(campaign)
    campaign.reason = reason[:200]
    return _decide(campaign, State.REJECTED, by)


@transaction.atomic
def pause(*, campaign: Campaign, by: User) -> Campaign:
    """Stop a campaign for the time being; its owner or an administrator lets it run again."""
    campaign = _locked(campaign)
    if campaign.state != State.APPROVED:
        raise NotReady
    return _decide(campaign, State.PAUSED, by)


@transaction.atomic
def go_on(*, campaign: Campaign, by: User) -> Campaign:
    """Let a campaign run again that was approved before. Raises NotReady."""
    campaign = _locked(campaign)
    if campaign.state != State.PAUSED:
        raise NotReady
    _wait_for_refunds(campaign)
    return _decide(campaign, State.APPROVED, by)


@transaction.atomic
def changed(campaign: Campaign) -> Campaign:
    """Something of a campaign is another than what was approved: it is looked at again before it goes on."""
    campaign = _locked(campaign)
    if campaign.state in (State.APPROVED, State.PAUSED):
        _set(campaign, State.REVIEW)
    return campaign


def _wait_for_refunds(campaign: Campaign) -> None:
    """Money that is being given back isn't there for a campaign that begins to run."""
    Advertiser.objects.select_for_update().get(pk=campaign.advertiser_id)


def _locked(campaign: Campaign) -> Campaign:
    lock_people(campaign.advertiser.owner_id)
    rows = Campaign.objects.select_for_update(of=("self",)).select_related("advertiser__owner")
    return rows.get(pk=campaign.pk)


def _decide(campaign: Campaign, state: Campaign.State, by: User) -> Campaign:
    audit.record(by, f"campaign {state}", campaign, reason=campaign.reason)
    if campaign.advertiser.owner_id != by.pk:
        _tell(campaign.advertiser, campaign.name, str(state))
    return _set(campaign, state)


def _set(campaign: Campaign, state: Campaign.State) -> Campaign:
    campaign.state = state
    if state != State.REJECTED:
        campaign.reason = ""
    campaign.save(update_fields=["state", "reason"])
    transaction.on_commit(forget)
    return campaign


@transaction.atomic
def judge_creative(*, creative: Creative, is_fine: bool, by: User, reason: str = "") -> Creative:
    """Whether a creative may be shown. Raises NotReady while it is being prepared, SameHands for one's own."""
    lock_people(creative.campaign.advertiser.owner_id)
    rows = Creative.objects.select_for_update(of=("self",)).select_related("campaign__advertiser__owner")
    creative = rows.get(pk=creative.pk)
    advertiser = creative.campaign.advertiser
    if not creative.is_prepared:
        raise NotReady
    if advertiser.owner_id == by.pk and not advertiser.is_house:
        raise SameHands
    creative.state = Creative.State.APPROVED if is_fine else Creative.State.REJECTED
    creative.reason = "" if is_fine else reason[:200]
    creative.save(update_fields=["state", "reason"])
    audit.record(by, f"creative {creative.state}", creative, reason=creative.reason)
    _tell(advertiser, creative.title, str(creative.state))
    transaction.on_commit(forget)
    return creative


@transaction.atomic
def switch(*, line: LineItem, is_on: bool, by: User) -> LineItem:
    """Let a line run, or not."""
    LineItem.objects.filter(pk=line.pk).update(is_on=is_on)
    audit.record(by, "switched line item", line, is_on=is_on)
    transaction.on_commit(forget)
    return line


def _tell(advertiser: Advertiser, name: str, state: str) -> None:
    notify(user=advertiser.owner, kind=REVIEWED, now=timezone.now(), url="/advertise/", name=name, ad_state=state)
