"""Which settings an instance refuses to start with, and what it makes of its public address."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.env import Env
from config.safety import money_objections, objections
from deploy.layout import REPO

GOOD = {
    name: f"{name}-8f3a61d0c97b42e5a1f0b6"
    for name in ("secret_key", "stream_key_secrets", "playback_secrets", "hook_secrets", "totp_secrets", "bank_secrets")
}
# Under DEBUG they look like this too; what counts is whether others come.
OPEN = {"host": "0.0.0.0", "public_url": "https://stream.example.org"}


def env(**given: object) -> Env:
    """Settings as the environment would give them, and no file."""
    return Env(_env_file=None, **GOOD | given)  # type: ignore[arg-type,call-arg]


SANDBOX = {
    "payments": "sandbox",
    "stripe_api_base": "http://127.0.0.1:8420",
    "stripe_secret_key": "sk_test_x",
    "stripe_publishable_key": "pk_test_x",
    "stripe_webhook_secrets": "whsec_x",
}
STRIPE = SANDBOX | {"payments": "stripe", "stripe_api_base": "", "stripe_secret_key": "sk_live_x"}


def start(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """A process of ours that reads these settings."""
    secrets = {name.upper(): value for name, value in GOOD.items()}
    ours = {"PATH": os.environ["PATH"], "ESTRADE_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    code = "from django.conf import settings; print(settings.DEBUG, settings.SECURE_HSTS_SECONDS)"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=REPO, env=ours | secrets | settings, capture_output=True, text=True, check=False)


def test_a_house_with_good_secrets_opens() -> None:
    assert objections(env(**OPEN)) == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"debug": True}, "DEBUG: shows settings"),
        ({"secret_key": "django-insecure-0123456789abcdefghijklmnop"}, "SECRET_KEY: is a stand-in"),
        ({"secret_key": "for-the-build-for-the-build-for-the-build"}, "SECRET_KEY: is a stand-in"),
        ({"secret_key": "ababababababababababababababababababab"}, "SECRET_KEY: is a stand-in or too simple"),
        ({"playback_secrets": "short"}, "PLAYBACK_SECRETS: is a stand-in or too simple"),
        ({"hook_secrets": f"{GOOD['hook_secrets']},old"}, "HOOK_SECRETS: is a stand-in or too simple"),
        ({"hook_secrets": GOOD["secret_key"]}, "HOOK_SECRETS: is the same as SECRET_KEY"),
        ({"tls_cert": "/c", "public_url": "http://stream.example.org"}, "PUBLIC_URL: must begin with https://"),
    ],
)
def test_what_a_house_may_not_open_with_is_named(given: dict[str, object], named: str) -> None:
    (objection,) = objections(env(**OPEN | given))

    assert objection.startswith(named)


def test_a_proxy_beside_us_lets_strangers_in_too() -> None:
    beside = env(public_url="https://stream.example.org")

    assert not beside.debug_on
    assert objections(env(public_url="https://stream.example.org", debug=True)) != []


def test_a_machine_for_itself_may_debug_with_any_secret() -> None:
    assert objections(env(secret_key="a" * 32, debug=True)) == []
    assert env(public_url="https://localhost:8443").debug_on


@pytest.mark.parametrize(
    "given", [{}, SANDBOX, SANDBOX | {"public_url": "http://192.168.1.4:8080"}, STRIPE, STRIPE | OPEN]
)
def test_money_goes_nowhere_to_the_sandbox_or_to_stripe(given: dict[str, object]) -> None:
    assert money_objections(env(**given)) == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (SANDBOX | {"stripe_secret_key": "sk_live_x"}, "STRIPE_SECRET_KEY: is a live key"),
        (SANDBOX | {"stripe_publishable_key": "pk_live_x"}, "STRIPE_SECRET_KEY: is a live key"),
        (SANDBOX | {"stripe_api_base": ""}, "STRIPE_API_BASE: must be the sandbox's"),
        (SANDBOX | OPEN, "PAYMENTS: the sandbox takes no money"),
        (SANDBOX | {"public_url": "http://stream.example.org"}, "PAYMENTS: the sandbox takes no money"),
        (SANDBOX | {"stripe_webhook_secrets": ""}, "STRIPE_WEBHOOK_SECRETS: is empty"),
        (STRIPE | {"stripe_webhook_secrets": ","}, "STRIPE_WEBHOOK_SECRETS: is empty"),
        (STRIPE | {"stripe_api_base": "http://127.0.0.1:8420"}, "STRIPE_API_BASE: isn't Stripe's"),
        (STRIPE | {"stripe_api_base": "https://api.stripe.com.evil.example"}, "STRIPE_API_BASE: isn't Stripe's"),
        (STRIPE | {"stripe_secret_key": ""}, "STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY: PAYMENTS needs both"),
    ],
)
def test_money_that_would_go_astray_is_named(given: dict[str, object], named: str) -> None:
    (objection,) = money_objections(env(**given))

    assert objection.startswith(named)


def test_a_live_key_on_the_sandbox_doesnt_start(tmp_path: Path) -> None:
    settings = {name.upper(): str(value) for name, value in SANDBOX.items()} | {"STRIPE_SECRET_KEY": "sk_live_x"}

    refused = start(tmp_path, **settings)

    assert refused.returncode == 1
    assert "estrade: setting STRIPE_SECRET_KEY: is a live key" in refused.stderr


def test_a_process_that_refuses_says_why_in_one_line_each(tmp_path: Path) -> None:
    refused = start(tmp_path, HOST="0.0.0.0", DEBUG="1", PLAYBACK_SECRETS="short")

    assert refused.returncode == 1
    assert [line.partition(": ")[0] for line in refused.stderr.splitlines()] == ["estrade"] * 3
    assert "setting DEBUG" in refused.stderr
    assert "setting PLAYBACK_SECRETS" in refused.stderr


def test_browsers_are_told_to_stay_with_https(tmp_path: Path) -> None:
    assert start(tmp_path, PUBLIC_URL="https://stream.example.org").stdout == "False 31536000\n"
    assert start(tmp_path, PUBLIC_URL="https://stream.example.org", HSTS_S="0").stdout == "False 0\n"
    assert start(tmp_path, PUBLIC_URL="https://localhost:8443").stdout == "True 0\n"


@pytest.mark.parametrize(
    "url", ["stream.example.org", "ftp://x", "https://x/path", "https://x y", 'https://x";', "https://u@x"]
)
def test_an_odd_public_address_is_refused(tmp_path: Path, url: str) -> None:
    assert "estrade: setting PUBLIC_URL" in start(tmp_path, PUBLIC_URL=url).stderr


def test_an_odd_proxy_is_refused(tmp_path: Path) -> None:
    assert "estrade: setting TRUSTED_PROXIES" in start(tmp_path, TRUSTED_PROXIES="10.0.0.1,all").stderr


def test_proxies_may_be_addresses_and_networks(tmp_path: Path) -> None:
    assert env(trusted_proxies="10.0.0.1, 2001:db8::/32").trusted_proxies == ["10.0.0.1/32", "2001:db8::/32"]


def test_encoders_are_sent_to_rtmps_when_there_is_a_certificate() -> None:
    assert env(public_url="https://s.example").public_ingest_url == "rtmp://s.example:1935/live"
    secure = env(public_url="https://s.example:8443", tls_cert="/c", tls_key="/k")
    assert secure.public_ingest_url == "rtmps://s.example:1936/live"
    assert env(tls_cert="/c").base_url == "https://localhost:8080"
