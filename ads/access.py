"""The only door for untrusted ids: what is one's own, and channels that show something now."""

from uuid import UUID

from accounts.errors import NotThere
from accounts.models import Channel, User
from ads.models import Advertiser, Campaign, Creative, LineItem, TopUp
from streaming import gates
from streaming.access import Viewer, broadcast_shown
from streaming.models import Broadcast


def get_own_advertiser(user: User) -> Advertiser:
    row = Advertiser.objects.select_related("owner").filter(owner=user).first()
    if row is None:
        raise NotThere
    return row


def get_own_campaign(user: User, campaign_id: int) -> Campaign:
    rows = Campaign.objects.select_related("advertiser__owner", "category")
    row = rows.filter(pk=campaign_id, advertiser__owner=user).first()
    if row is None:
        raise NotThere
    return row


def get_line(campaign: Campaign, line_id: int) -> LineItem:
    """A line of a campaign that was got through this door."""
    row = campaign.lines.filter(pk=line_id).first()
    if row is None:
        raise NotThere
    row.campaign = campaign
    return row


def get_creative(campaign: Campaign, creative_id: int) -> Creative:
    """A creative of a campaign that was got through this door."""
    row = campaign.creatives.filter(pk=creative_id).first()
    if row is None:
        raise NotThere
    row.campaign = campaign
    return row


def get_seen_creative(user: User, creative_id: int) -> Creative:
    """A creative for whoever advertises it, and for those who review it."""
    rows = Creative.objects.select_related("campaign__advertiser")
    row = rows.filter(pk=creative_id).first()
    if row is None or not (row.campaign.advertiser.owner_id == user.pk or user.is_staff):
        raise NotThere
    return row


def get_own_top_up(user: User, top_up_id: UUID) -> TopUp:
    row = TopUp.objects.select_related("advertiser").filter(pk=top_up_id, advertiser__owner=user).first()
    if row is None:
        raise NotThere
    return row


def get_shown(viewer: Viewer, channel_id: object) -> tuple[Channel, Broadcast]:
    """A channel with what it shows this viewer now; NotThere when it shows nothing, or not to them."""
    number = channel_id if isinstance(channel_id, int) and 0 < channel_id < 2**63 else 0
    channel = Channel.objects.select_related("owner").filter(pk=number, is_suspended=False).first()
    broadcast = broadcast_shown(viewer, channel) if channel else None
    if channel is None or broadcast is None or not gates.may_watch(viewer, broadcast):
        raise NotThere
    return channel, broadcast
