"""deploy/install-packages in a tree of its own, with stubs in the place of the package system."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.layout import REPO

SCRIPT = REPO / "deploy" / "install-packages"
STUBS = {
    "dpkg-query": 'grep -qx "${@: -1}" "$STATE/installed" 2>/dev/null && echo -n installed',
    "systemctl": 'echo "${@: -1}" >>"$STATE/disabled"',
    "update-rc.d": 'echo "$1" >>"$STATE/disabled"',
    "sudo": "exit 1",
    "apt-get": """
        echo "$*" >>"$STATE/apt"
        [ "$1" = install ] || exit 0
        cp "$INSTALL_ROOT/usr/sbin/policy-rc.d" "$STATE/policy"
        units=$INSTALL_ROOT/lib/systemd/system
        for package in "$@"; do
            case $package in
            install | -*) continue ;;
            broken) exit 100 ;;
            postgresql-common) echo '# as shipped' >"$INSTALL_ROOT/etc/postgresql-common/createcluster.conf" ;;
            postgresql) cp "$INSTALL_ROOT/etc/postgresql-common/createcluster.conf" "$STATE/createcluster" ;;
            esac
            echo "$package" >>"$STATE/installed"
            touch "$units/$package.service" "$units/$package@.service" "$INSTALL_ROOT/etc/init.d/$package"
        done""",
}


class Machine:
    """A Debian of directories and stubs."""

    def __init__(self, root: Path) -> None:
        self.root, self.state, self.stubs = root / "root", root / "state", root / "stubs"
        for directory in ("usr/sbin", "lib/systemd/system", "etc/init.d", "etc/postgresql-common"):
            (self.root / directory).mkdir(parents=True)
        self.state.mkdir()
        self.stubs.mkdir()
        for name, body in STUBS.items():
            (self.stubs / name).write_text(f"#!/bin/bash\n{body}\n")
            (self.stubs / name).chmod(0o755)
        (self.root / "lib/systemd/system/old.service").touch()
        self.list = root / "packages.txt"
        self.policy = self.root / "usr/sbin/policy-rc.d"
        self.clusters = self.root / "etc/postgresql-common/createcluster.conf"

    def install(self, *packages: str) -> subprocess.CompletedProcess[str]:
        self.list.write_text("# A comment.\n" + "".join(f"{name} no-such-command-{name}\n" for name in packages))
        settings = {"INSTALL_ROOT": str(self.root), "STATE": str(self.state)}
        return self._run(SCRIPT, settings, {})

    def install_as_somebody(self, *packages: str) -> subprocess.CompletedProcess[str]:
        """Without root's rights, on the tree of the machine that the test runs on."""
        self.list.write_text("".join(f"{name} no-such-command-{name}\n" for name in packages))
        script = self.state / "install-packages"
        shutil.copy(SCRIPT, script)
        return self._run(script, {"STATE": str(self.state)}, {"user": "nobody"} if os.geteuid() == 0 else {})

    def _run(self, script: Path, settings: dict[str, str], who: dict[str, str]) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{self.stubs}:/usr/bin:/bin"} | settings
        command = [str(script), str(self.list)]
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **who
        )

    def said(self, name: str) -> list[str]:
        """What the stubs wrote down."""
        path = self.state / name
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine() -> Iterator[Machine]:
    # Not below tmp_path, which other users can't enter.
    root = Path(tempfile.mkdtemp(prefix="estrade-packages-"))
    root.chmod(0o755)
    yield Machine(root)
    shutil.rmtree(root)


def test_services_can_not_start_while_packages_are_installed(machine: Machine) -> None:
    done = machine.install("nginx")

    assert done.returncode == 0, done.stderr
    assert "exit 101" in machine.said("policy")
    assert not machine.policy.exists()


def test_a_policy_that_was_there_is_put_back(machine: Machine) -> None:
    machine.policy.write_text("#!/bin/sh\nexit 104\n")

    machine.install("nginx")

    assert "exit 104" not in machine.said("policy")
    assert machine.policy.read_text() == "#!/bin/sh\nexit 104\n"


def test_a_policy_is_put_back_after_a_failure_and_after_a_kill(machine: Machine) -> None:
    machine.policy.write_text("ours")
    assert machine.install("broken").returncode == 100
    assert machine.policy.read_text() == "ours"

    machine.policy.rename(f"{machine.policy}.estrade")
    machine.policy.write_text("# Written by deploy/install-packages for as long as it runs.\n")
    machine.install("nginx")
    assert machine.policy.read_text() == "ours"


def test_postgresql_makes_no_cluster_and_its_settings_stay_as_shipped(machine: Machine) -> None:
    machine.install("nginx", "postgresql")

    assert machine.said("createcluster")[-1] == "create_main_cluster = false"
    assert machine.clusters.read_text() == "# as shipped\n"


def test_new_services_are_disabled_and_old_ones_left_alone(machine: Machine) -> None:
    machine.install("nginx", "redis-server")

    assert sorted(set(machine.said("disabled"))) == ["nginx", "nginx.service", "redis-server", "redis-server.service"]


def test_what_is_there_is_not_installed_again(machine: Machine) -> None:
    machine.install("nginx")
    (machine.state / "apt").unlink()

    assert machine.install("nginx").returncode == 0
    assert machine.said("apt") == []


def test_who_is_not_root_gets_one_line_to_paste(machine: Machine) -> None:
    done = machine.install_as_somebody("nginx", "pgbouncer")

    assert done.returncode == 1
    assert machine.said("apt") == []
    script = machine.state / "install-packages"
    assert done.stderr.splitlines() == [
        f"Missing packages: nginx pgbouncer. To install them, run as root:  {script} {machine.list}"
    ]
