"""Secrets, ports and the demo's file, as they are made and found again."""

import json
import shutil
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from deploy.configuration import listen_addresses, playback_keys
from deploy.environment import (
    SECRETS,
    keep_demo,
    keep_ports,
    keep_secrets,
    make_environment,
    read_values,
    require_free,
    setting_names,
    with_sandbox,
)
from deploy.errors import DeployError
from deploy.layout import REPO, Layout


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_made_once_each_its_own_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets"

    made = keep_secrets(path)

    assert set(made) == set(SECRETS)
    assert len(set(made.values())) == len(SECRETS)
    assert all(len(value) >= 32 for value in made.values())
    assert mode(path) == 0o600
    assert keep_secrets(path) == made


def test_a_rotated_secret_is_kept_and_a_missing_one_added(tmp_path: Path) -> None:
    path = tmp_path / "secrets"
    path.write_text("PLAYBACK_SECRETS=new,old\n")

    assert keep_secrets(path)["PLAYBACK_SECRETS"] == "new,old"
    assert read_values(path)["SECRET_KEY"]


def test_a_taken_port_is_named_with_the_setting_that_helps() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(DeployError, match=rf"Port {port} is taken .*: RTMP_PORT={port + 1} make run"):
            require_free("127.0.0.1", port, "RTMP_PORT")


def test_ports_are_remembered_until_somebody_takes_them(tmp_path: Path) -> None:
    first = keep_ports(tmp_path / "ports", ("relay",))
    assert keep_ports(tmp_path / "ports", ("relay",)) == first

    with socket.socket() as other:
        other.bind(("127.0.0.1", first["relay"]))
        other.listen()
        assert keep_ports(tmp_path / "ports", ("relay",)) != first


def test_host_decides_where_it_listens_and_what_it_is_called(tmp_path: Path) -> None:
    layout = Layout(tmp_path, tmp_path / "run")
    home = make_environment(layout, {})
    abroad = make_environment(layout, {"HOST": "0.0.0.0", "PORT": "80", "PUBLIC_URL": "https://live.example.org"})

    assert listen_addresses(home["HOST"], home["PORT"]) == ["127.0.0.1:8080"]
    assert home["PUBLIC_URL"] == "http://localhost:8080"
    assert listen_addresses(abroad["HOST"], abroad["PORT"]) == ["0.0.0.0:80"]
    assert listen_addresses("192.0.2.7", "80") == ["127.0.0.1:80", "192.0.2.7:80"]
    assert abroad["PUBLIC_URL"] == "https://live.example.org"


def test_payments_go_to_the_sandbox_at_home_and_nowhere_abroad(tmp_path: Path) -> None:
    layout, kept = Layout(tmp_path, tmp_path / "run"), keep_secrets(tmp_path / "secrets")
    home = with_sandbox(make_environment(layout, {}), kept, 4711)
    abroad = with_sandbox(make_environment(layout, {"PUBLIC_URL": "https://live.example.org"}), kept, 4711)
    told = with_sandbox(make_environment(layout, {"PAYMENTS": "stripe", "STRIPE_SECRET_KEY": "sk_live_x"}), kept, 4711)

    assert (home["PAYMENTS"], home["STRIPE_API_BASE"]) == ("sandbox", "http://127.0.0.1:4711")
    assert home["STRIPE_SECRET_KEY"].startswith("sk_test_")
    assert len(home["STRIPE_WEBHOOK_SECRETS"]) >= 32
    assert abroad["PAYMENTS"] == "off"
    assert "STRIPE_API_BASE" not in abroad
    assert (told["PAYMENTS"], told["STRIPE_SECRET_KEY"]) == ("stripe", "sk_live_x")
    assert "SANDBOX_KEY" not in home


def test_both_secrets_of_a_rotation_are_known_to_the_edge() -> None:
    keys = playback_keys("new, old,")

    assert [key["secret"] for key in keys] == ["new", "old"]
    assert keys[0]["kid"] == "11507a0e"


def test_the_administrators_password_outlives_the_second_start(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    first = {"admin": {"username": "admin", "password": "a-password"}, "channel": {"channel": "demo"}}
    keep_demo(path, json.dumps(first))

    again = {"admin": {"username": "admin", "password": None}, "channel": {"channel": "demo"}}
    assert keep_demo(path, json.dumps(again)) == {"channel": "demo"}

    assert json.loads(path.read_text()) == first
    assert mode(path) == 0o600


@pytest.fixture
def make_env(tmp_path: Path) -> Path:
    """The script in a directory of its own, whose .env it writes."""
    (tmp_path / "deploy").mkdir()
    return Path(shutil.copy(REPO / "deploy" / "make-env", tmp_path / "deploy"))


def test_make_env_writes_secrets_for_containers_once(make_env: Path, tmp_path: Path) -> None:
    subprocess.run([make_env], check=True, capture_output=True)
    made = read_values(tmp_path / ".env")
    subprocess.run([make_env], check=True, capture_output=True)

    plural = {"STREAM_KEY_SECRETS", "PLAYBACK_SECRETS", "HOOK_SECRETS", "TOTP_SECRETS", "BANK_SECRETS"}
    assert set(made) == plural | {"SECRET_KEY", "JANUS_SECRET", "DB_PASSWORD"}
    assert len(set(made.values())) == len(made)
    assert read_values(tmp_path / ".env") == made
    assert mode(tmp_path / ".env") == 0o600


def test_make_env_adds_what_an_older_one_lacks(make_env: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=mine\nHOST=0.0.0.0")
    subprocess.run([make_env], check=True, capture_output=True)

    made = read_values(tmp_path / ".env")
    assert (made["SECRET_KEY"], made["HOST"], len(made["JANUS_SECRET"])) == ("mine", "0.0.0.0", 64)


def test_make_env_adds_the_payments_sandbox_when_asked(make_env: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("STRIPE_SECRET_KEY=sk_test_mine\n")
    subprocess.run([make_env, "--sandbox"], check=True, capture_output=True)

    made = read_values(tmp_path / ".env")
    assert (made["PAYMENTS"], made["STRIPE_SECRET_KEY"]) == ("sandbox", "sk_test_mine")
    assert made["STRIPE_API_BASE"] == "http://payments:8420"
    assert made["STRIPE_PUBLISHABLE_KEY"].startswith("pk_test_")
    assert len(made["STRIPE_WEBHOOK_SECRETS"]) > 64


def test_make_env_refuses_what_it_does_not_know(make_env: Path, tmp_path: Path) -> None:
    refused = subprocess.run([make_env, "--live"], check=False, capture_output=True, text=True)

    assert refused.returncode == 2
    assert "--sandbox" in refused.stderr
    assert not (tmp_path / ".env").exists()


def test_every_setting_is_described() -> None:
    text = (REPO / "docs" / "running.md").read_text()

    assert [name for name in sorted(setting_names()) if f"`{name}`" not in text] == []
