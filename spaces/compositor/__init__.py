"""The composed stream of a Space: the mix of all voices with the picture of who speaks, or a slate, sent to ingest.

A process of its own (`python -m spaces.compositor`) which knows neither Django nor Janus: the conductor tells it the
scene by lines of JSON, Janus sends it RTP.
"""
