"""Pictures that people uploaded, and nothing else of the uploads."""

from __future__ import annotations

import pytest

from .running import Edge

AD = "ads/0123456789abcdef01234567"
NAME = "pictures/avatars/0123456789abcdef01234567-small.webp"


OTHERS = (
    "pictures/avatars/evil.html",
    "recordings/secret.mp4",
    "pictures/x.webp",
    f"{AD}/ad.mp4",
    f"{AD}/ad.m3u8",
    f"{AD}/other.mp4",
    "ad-uploads/0123456789abcdef01234567",
)


@pytest.fixture
def uploads(edge: Edge) -> None:
    root = edge.directory / "uploads"
    for name in (NAME, *OTHERS):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"something")


@pytest.mark.usefixtures("uploads")
def test_a_picture_is_served_as_one_and_kept(edge: Edge) -> None:
    reply = edge.get(f"/uploads/{NAME}")

    assert (reply.status, reply.headers["Content-Type"]) == (200, "image/webp")
    assert reply.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert "immutable" in reply.headers["Cache-Control"]


@pytest.mark.usefixtures("uploads")
@pytest.mark.parametrize(("name", "kind"), [("ad.mp4", "video/mp4"), ("ad.m3u8", "application/vnd.apple.mpegurl")])
def test_an_ad_is_served_as_what_it_is(edge: Edge, name: str, kind: str) -> None:
    reply = edge.get(f"/uploads/{AD}/{name}")

    assert (reply.status, reply.headers["Content-Type"]) == (200, kind)
    assert reply.headers.get_all("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.usefixtures("uploads")
@pytest.mark.parametrize(
    "path",
    [
        "/uploads/",
        "/uploads/pictures/avatars/",
        "/uploads/pictures/avatars/evil.html",
        "/uploads/pictures/x.webp",
        "/uploads/recordings/secret.mp4",
        f"/uploads/{AD}/other.mp4",
        "/uploads/ad-uploads/0123456789abcdef01234567",
        "/uploads/pictures/avatars/../../recordings/secret.mp4",
        "/uploads/pictures/avatars/0123456789abcdef01234568-small.webp",
    ],
)
def test_nothing_else_is(edge: Edge, path: str) -> None:
    reply = edge.get(path)

    assert reply.status == 404
    assert b"something" not in reply.body
