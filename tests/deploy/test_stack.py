"""What the launcher says when it can't start, and where it keeps its sockets."""

import os
import socket
from pathlib import Path

import pytest

from deploy.environment import find_free_port
from deploy.errors import DeployError
from deploy.layout import lay_out
from deploy.stack import Stack


def free_ports() -> dict[str, str]:
    return {"PORT": str(find_free_port()), "RTMP_PORT": str(find_free_port())}


def test_a_second_copy_from_the_same_directory_is_told_who_runs(tmp_path: Path) -> None:
    first = Stack(tmp_path, free_ports(), names=())
    first.prepare()
    try:
        with pytest.raises(DeployError, match=rf"already runs from {tmp_path} \(process {os.getpid()}\)"):
            Stack(tmp_path, free_ports(), names=()).prepare()
    finally:
        first.stop()

    third = Stack(tmp_path, free_ports(), names=())
    third.prepare()
    third.stop()


def test_a_taken_port_stops_the_start_before_anything_runs(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        stack = Stack(tmp_path, free_ports() | {"PORT": str(port)}, names=("edge",))

        with pytest.raises(DeployError, match=f"Port {port} is taken"):
            stack.prepare()
        stack.stop()


@pytest.mark.parametrize("directory", ["deep" * 20, "a clone's"])
def test_sockets_of_a_deep_or_oddly_named_directory_get_a_plain_path(tmp_path: Path, directory: str) -> None:
    var = tmp_path / directory / "var"

    layout = lay_out(var)
    try:
        assert not layout.run.is_relative_to(var)
        assert len(str(layout.run)) <= 70
        assert layout.run.stat().st_mode & 0o077 in (0, 0o010)
        assert lay_out(var).run == layout.run
    finally:
        layout.database_run.rmdir()
        layout.run.rmdir()
