import os
import threading
from pathlib import Path

import pytest

from media_pipeline.store import Fenced, MediaStore, pack, remove_broadcast, unpack


def claimed(root: Path, epoch: int) -> MediaStore:
    store = MediaStore(root, epoch)
    store.claim()
    return store


def test_files_appear_whole_and_nothing_is_left_beside(tmp_path: Path) -> None:
    store = claimed(tmp_path / "m", 5)

    store.write([("source/5-0.0.m4s", b"part"), ("source/media.m3u8", b"list")])

    assert (tmp_path / "m/source/5-0.0.m4s").read_bytes() == b"part"
    assert not list((tmp_path / "m").rglob("*.tmp"))


def test_a_packager_that_was_replaced_can_write_no_more(tmp_path: Path) -> None:
    old = claimed(tmp_path, 5)
    old.write([("a", b"old")])
    new = claimed(tmp_path, 6)
    new.write([("a", b"new")])

    with pytest.raises(Fenced):
        old.write([("a", b"late")])

    assert (tmp_path / "a").read_bytes() == b"new"


def test_an_older_epoch_cannot_claim(tmp_path: Path) -> None:
    claimed(tmp_path, 6)

    with pytest.raises(Fenced):
        claimed(tmp_path, 5)


def test_writers_beside_each_other_never_mix(tmp_path: Path) -> None:
    claimed(tmp_path, 1)
    fenced = []

    def write(epoch: int) -> None:
        store = MediaStore(tmp_path, epoch)
        try:
            store.claim()
            for _ in range(50):
                store.write([("one", b"%d" % epoch), ("two", b"%d" % epoch)])
        except Fenced:
            fenced.append(epoch)

    threads = [threading.Thread(target=write, args=(epoch,)) for epoch in range(2, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == b"7"
    assert 7 not in fenced


def test_packed_playlists_unpack_to_what_they_were() -> None:
    name, packed = pack("media.m3u8", "#EXTM3U\n")

    assert name == "media.m3u8.gz"
    assert unpack(packed) == "#EXTM3U\n"
    for damaged in (b"#EXTM3U", packed[:-4]):
        with pytest.raises(ValueError):
            unpack(damaged)


def test_removing_a_broadcast_leaves_its_neighbours(tmp_path: Path) -> None:
    for name in ("one", "two"):
        os.makedirs(tmp_path / name / "source")

    remove_broadcast(tmp_path, "one")
    remove_broadcast(tmp_path, "never-there")

    assert [path.name for path in tmp_path.iterdir()] == ["two"]
