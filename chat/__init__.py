"""Rooms beside a channel's stream: messages, who may read and write them, and those who keep order."""
