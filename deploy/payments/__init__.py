"""The payments sandbox: localstripe, unmodified, in a process of its own, and before it a front of ours.

docs/money.md says which of the two simulates what.
"""
