"""What is uploaded is made anew before anybody sees it."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from ads import creatives
from ads.actions import add_card, add_video, approve, judge_creative, remove, submit, verify
from ads.creatives import MAX_BYTES, prepare
from ads.errors import BadCreative, NotReady, NotVerified, SameHands
from ads.models import Advertiser, Campaign, Creative, LineItem
from media_pipeline.spots import BadSpot, _transcode, make_spot

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds and a half, small, without sound."""
    path = tmp_path_factory.mktemp("ads") / "clip.mp4"
    source = "testsrc2=size=192x108:rate=10:duration=5.5"
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "lavfi", "-i", source, "-c:v", "libx264"]
    subprocess.run([*command, "-preset", "ultrafast", path], check=True)
    return path


def test_a_video_is_prepared_and_then_reviewed(campaign: Campaign, clip: Path, erin: User, noon: datetime) -> None:
    upload = SimpleUploadedFile("clip.mp4", clip.read_bytes())
    facts = {"title": "New", "click_url": "https://bakery.example/"}
    row = add_video(campaign=campaign, upload=upload, size=upload.size or 0, now=noon, **facts)
    kept = row.upload
    with pytest.raises(NotReady):
        judge_creative(creative=row, is_fine=True, by=erin)

    row = prepare(row)

    assert (row.state, row.progress, row.width, row.height) == ("review", 100, 192, 108)
    assert 5_400 <= row.duration_ms <= 5_700
    assert "EXT-X-ENDLIST" in Path(default_storage.path(f"ads/{row.folder}/ad.m3u8")).read_text()
    assert default_storage.exists(f"ads/{row.folder}/ad.mp4")
    assert not row.upload
    assert kept
    assert judge_creative(creative=row, is_fine=True, by=erin).state == "approved"


@pytest.mark.parametrize("content", [b"", b"no video", b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n"])
def test_what_is_no_video_fails(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "upload"
    source.write_bytes(content)

    with pytest.raises(BadSpot):
        make_spot(source, tmp_path / "out")


def test_what_lasts_only_by_its_sound_is_too_short(tmp_path: Path) -> None:
    source = tmp_path / "upload.mp4"
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=96x54:rate=10:duration=1"]
    command += ["-f", "lavfi", "-i", "sine=duration=6", "-c:v", "libx264", "-preset", "ultrafast"]
    subprocess.run([*command, source], check=True)

    with pytest.raises(BadSpot, match="length"):
        make_spot(source, tmp_path / "out")


def test_a_talkative_encoder_is_heard_to_its_end() -> None:
    says = "import sys; sys.stderr.buffer.write(b'\\xff' * 300_000 + b' at last'); sys.exit(1)"

    with pytest.raises(BadSpot, match="at last"):
        _transcode([sys.executable, "-c", says], 6, lambda percent: None)


@pytest.mark.parametrize("error", [KeyError("streams"), ValueError("N/A")])
def test_a_file_that_nobody_understands_has_failed(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, noon: datetime, error: Exception
) -> None:
    def refuse(*args: object) -> None:
        raise error

    monkeypatch.setattr(creatives, "make_spot", refuse)
    facts = {"title": "New", "click_url": "https://bakery.example/"}
    row = add_video(campaign=campaign, upload=SimpleUploadedFile("x", b"x"), size=1, now=noon, **facts)

    assert prepare(row).state == "failed"


def test_a_video_too_large_is_turned_away(campaign: Campaign, noon: datetime) -> None:
    upload = SimpleUploadedFile("clip.mp4", b"x")
    with pytest.raises(BadCreative):
        add_video(campaign=campaign, title="", click_url="", upload=upload, size=MAX_BYTES + 1, now=noon)


def test_nothing_that_is_uploaded_is_left_behind(
    campaign: Campaign,
    clip: Path,
    noon: datetime,
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    facts: dict[str, Any] = {"campaign": campaign, "title": "", "click_url": "https://b.example/", "now": noon}

    def upload() -> Creative:
        return add_video(upload=SimpleUploadedFile("clip.mp4", clip.read_bytes()), size=1, **facts)

    def left() -> list[Path]:
        return [path for path in tmp_path.rglob("*") if path.is_file()]

    # Taken away before a worker began, and while one was at it.
    taken_away = [upload(), upload()]
    with django_capture_on_commit_callbacks(execute=True):
        for row in taken_away:
            remove(creative=row)
    assert left() == []
    prepared = upload()
    Creative.objects.filter(pk=prepared.pk).delete()
    assert prepare(prepared).pk == prepared.pk
    assert [path.name for path in left()] == [Path(prepared.upload).name]
    default_storage.delete(prepared.upload)

    for _number in range(creatives.MOST - campaign.creatives.count()):
        add_card(text="", **facts)
    with pytest.raises(BadCreative):
        upload()
    Advertiser.objects.update(state="waiting")
    facts["campaign"] = Campaign.objects.get()
    with pytest.raises(NotVerified):
        upload()
    assert left() == []


def test_a_campaign_runs_when_somebody_else_approved_it(
    campaign: Campaign, line: LineItem, advertiser: Advertiser, bob: User, erin: User
) -> None:
    Campaign.objects.update(state="draft")
    campaign = submit(campaign=campaign)
    Advertiser.objects.update(state="waiting")
    with pytest.raises(NotVerified):
        approve(campaign=campaign, by=erin)
    with pytest.raises(SameHands):
        verify(advertiser=advertiser, by=bob)
    verify(advertiser=advertiser, by=erin)
    with pytest.raises(SameHands):
        approve(campaign=campaign, by=bob)

    assert approve(campaign=campaign, by=erin).state == "approved"
