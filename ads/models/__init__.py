from ads.models.advertisers import Advertiser, BalanceRefund, TopUp
from ads.models.breaks import AdBreak
from ads.models.campaigns import Campaign, LineItem
from ads.models.charges import AdCharge, AdDay, AdEarning, AdHour, AdTally, FlushOffset
from ads.models.creatives import Creative
from ads.models.rules import AdRules, ChannelAds, RevenueShare

__all__ = [
    "AdBreak",
    "AdCharge",
    "AdDay",
    "AdEarning",
    "AdHour",
    "AdRules",
    "AdTally",
    "Advertiser",
    "BalanceRefund",
    "Campaign",
    "ChannelAds",
    "Creative",
    "FlushOffset",
    "LineItem",
    "RevenueShare",
    "TopUp",
]
