"""Ads: campaigns, decisions, what is played, and whose the money is."""
