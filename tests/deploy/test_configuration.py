"""Every template, rendered as for a machine and as for containers, and read by the program that it is for."""

import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import container
from deploy.configuration import describe_programs, make_context, write_configuration
from deploy.environment import find_free_port, make_environment
from deploy.errors import DeployError
from deploy.layout import Layout, lay_out
from deploy.network import first_resolver, network_of
from deploy.programs import MAKERS, Scene
from deploy.render import render, render_to
from tests.edge.certificates import make_certificate

RELAY = {"relay_port": 0, "relay_path": "a-path"}
ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010013AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000013AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth1\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    laid_out = lay_out(tmp_path / "var")
    laid_out.conf.mkdir(exist_ok=True)
    (laid_out.run / "ingest-boot.conf").write_text("set $estrade_boot 0;\n")
    yield laid_out
    # Where root's own directories are closed to others, it is not below tmp_path.
    shutil.rmtree(laid_out.run)


@pytest.fixture
def context(layout: Layout) -> dict[str, object]:
    ports = {"PORT": str(find_free_port()), "RTMP_PORT": str(find_free_port())}
    return make_context(layout, make_environment(layout, ports), RELAY | {"relay_port": find_free_port()})


def check_nginx(prefix: Path, conf: Path) -> str:
    """Have nginx read a configuration; returns its complaints."""
    command = ["/usr/sbin/nginx", "-t", "-q", "-e", "stderr", "-p", str(prefix), "-c", str(conf)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_a_machines_configuration_is_whole_and_private(layout: Layout, context: dict[str, object]) -> None:
    programs = [MAKERS[name](Scene(layout, "local")) for name in MAKERS]
    write_configuration(layout, context | {"programs": describe_programs(programs, layout)})

    assert check_nginx(layout.var, layout.conf / "ingest.conf") == ""
    assert check_nginx(layout.var, layout.conf / "edge.conf") == ""
    written = [path for path in layout.conf.rglob("*") if path.is_file()]
    written += layout.database_run.glob("pgbouncer.*")
    assert len(written) == 11
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    table = (layout.conf / "supervisord.conf").read_text()
    assert all(f"[program:{name}]" in table for name in MAKERS)


@pytest.mark.parametrize("is_https", [False, True])
def test_containers_configuration_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_https: bool) -> None:
    settings = {
        "ESTRADE_VAR": str(tmp_path),
        "STATIC_ROOT": str(tmp_path),
        "INGEST_RTMP_URL": "rtmp://127.0.0.1/live",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "WEB_ADDRESS": "127.0.0.1:8000",
        "HOOK_SECRETS": "one,two",
        "PLAYBACK_SECRETS": "one,two",
        "PORT": "80",
    }
    if is_https:
        cert, key = make_certificate(tmp_path)
        settings |= {"PUBLIC_URL": "https://stream.example.org", "TLS_CERT": str(cert), "TLS_KEY": str(key)}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    boot_file = tmp_path / "boot.conf"
    boot_file.write_text("set $estrade_boot 0;\n")
    own = {"run_dir": str(tmp_path), "var_dir": str(tmp_path), "boot_file": str(boot_file)}

    for name, context in (("ingest", container.ingest_context()), ("edge", container.edge_context())):
        render_to(tmp_path / name, f"{name}/nginx.conf", context | own)
        assert check_nginx(tmp_path, tmp_path / name) == ""
    assert ("listen 0.0.0.0:8080 ssl http2" in (tmp_path / "edge").read_text()) == is_https
    assert "allow play 127.0.0.1/32;" in (tmp_path / "ingest").read_text()


def test_a_containers_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOOK_SECRETS", raising=False)

    with pytest.raises(DeployError, match="The setting HOOK_SECRETS is missing"):
        container.setting("HOOK_SECRETS")


def test_nobody_but_packagers_may_play_from_ingest(context: dict[str, object]) -> None:
    text = render("ingest/nginx.conf", context | {"packager_addresses": ["192.0.2.0/24"]})

    rules = [line.strip() for line in text.splitlines() if " play " in line and ("allow" in line or "deny" in line)]
    assert rules == ["allow play 192.0.2.0/24;", "deny play all;"]


def test_a_pool_for_other_containers_asks_for_passwords(context: dict[str, object]) -> None:
    assert "auth_type = trust" in render("pgbouncer.ini", context)
    assert "auth_type = scram-sha-256" in render("pgbouncer.ini", context | {"pool_listen": "0.0.0.0"})


def test_an_address_is_found_in_its_network() -> None:
    assert str(network_of("172.19.0.4", ROUTES)) == "172.19.0.0/16"
    assert str(network_of("192.168.1.9", ROUTES)) == "192.168.1.0/24"
    assert str(network_of("203.0.113.1", ROUTES)) == "203.0.113.1/32"


def test_nginx_asks_the_machines_own_resolver() -> None:
    assert first_resolver("search lan\nnameserver 127.0.0.11\nnameserver 192.0.2.1\n") == "127.0.0.11"
    assert first_resolver("nameserver fd00::1\n") == "[fd00::1]"
