from pathlib import Path

from media_pipeline.swap import swap, write_spare


def put(path: Path, data: bytes) -> None:
    spare = f"{path}.tmp"
    write_spare(spare, data)
    swap(spare, str(path))


def test_each_content_is_whole_whatever_its_length(tmp_path: Path) -> None:
    path = tmp_path / "list"

    for data in (b"long long long", b"short", b"", b"x" * 100_000, b"y"):
        put(path, data)
        assert path.read_bytes() == data


def test_two_files_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "list"
    seen = []

    for number in range(6):
        put(path, b"%d" % number)
        seen.append(path.stat().st_ino)

    assert len(set(seen)) == 2
    assert seen[0::2] == seen[:1] * 3


def test_whoever_reads_an_old_one_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "list"
    put(path, b"first")

    with path.open("rb", buffering=0) as reader:
        start = reader.read(2)
        for number in range(4):
            put(path, b"%d" % number * 5)
        rest = reader.read()

    assert start + rest == b"first"
    assert path.read_bytes() == b"33333"
