"""Spaces: audio rooms in which everybody on the stage may switch video on."""
