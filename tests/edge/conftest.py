"""Edges and live renditions for the tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .publishing import LivePlaylist
from .running import Edge, make_edge
from .upstream import Web


@pytest.fixture
def own_edge() -> Iterator[Edge]:
    """An edge that a test may break. Nothing runs yet."""
    edge = make_edge()
    try:
        yield edge
    finally:
        edge.stop()


@pytest.fixture(scope="session")
def edge() -> Iterator[Edge]:
    """An edge with everything, shared: tests use media paths of their own."""
    edge = make_edge()
    try:
        edge.web = Web(edge.directory / "web.sock")
        edge.start_redis()
        edge.start_nginx()
        edge.wait_until_following()
        yield edge
    finally:
        edge.stop()


@pytest.fixture
def playlist(edge: Edge) -> LivePlaylist:
    """A rendition that nothing was written of yet."""
    return LivePlaylist(edge)


@pytest.fixture
def live(playlist: LivePlaylist) -> LivePlaylist:
    """A rendition whose newest part is 10.3."""
    playlist.publish(10, 3)
    playlist.wait_until_known(10, 3)
    return playlist
