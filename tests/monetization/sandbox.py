"""The payments sandbox on a port of its own, and what the tests do to it that a browser or a bank would."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from deploy.environment import find_free_port
from deploy.layout import REPO
from monetization.cards import finish_saving, start_saving
from monetization.gateway import Gateway, open_gateway
from monetization.models import Card

GOOD, ASKS, DECLINED_LATER, DECLINED = "4242424242424242", "4000002500003155", "4000000000000341", "4000000000000002"
SECRET = "a-secret-of-webhooks-in-tests-alone"


@dataclass
class Sandbox:
    """Both of its processes, told apart only here."""

    directory: Path
    port: int = field(default_factory=find_free_port)
    key: str = field(default_factory=lambda: f"sk_test_{secrets.token_hex(8)}")
    process: subprocess.Popen[bytes] | None = None
    # Each of its own would read all certificates anew, which takes longer than the call.
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> Any:
        return settings.ENV.model_copy(
            update={
                "payments": "sandbox",
                "stripe_api_base": self.url,
                "stripe_secret_key": self.key,
                "stripe_publishable_key": "pk_test_sandbox",
                "stripe_webhook_secrets": [SECRET],
            }
        )

    def start(self) -> None:
        where = ["--listen", f"127.0.0.1:{self.port}", "--socket", str(self.directory / "s.sock")]
        # Nobody listens there: what would be told is read from its list of events.
        where += ["--web", f"http://127.0.0.1:{find_free_port()}", "--state", str(self.directory / "state")]
        keys = {
            "STRIPE_SECRET_KEY": self.key,
            "STRIPE_PUBLISHABLE_KEY": "pk_test_sandbox",
            "STRIPE_WEBHOOK_SECRETS": SECRET,
        }
        command = [sys.executable, "-m", "deploy.payments", *where]
        self.process = subprocess.Popen(command, cwd=REPO, env=os.environ | keys, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, "the payments sandbox doesn't come up"
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return self.client.get(f"{self.url}/v1/events", timeout=2).status_code == 401
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(20)

    def browser(self, call: str, **said: Any) -> httpx.Response:
        """What the gateway's script in a browser sends, by way of the edge."""
        body = {"key": "pk_test_sandbox", **said}
        return self.client.post(f"{self.url}/browser/v1/{call}", content=json.dumps(body))

    def ask(self, path: str, **pairs: Any) -> dict[str, Any]:
        """A call of the secret key's owner."""
        answer = self.client.post(f"{self.url}{path}", data=pairs, headers={"Authorization": f"Bearer {self.key}"})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def list_all(self, path: str) -> list[dict[str, Any]]:
        """All rows of a list at once: each page of it is as much work for the sandbox as the whole."""
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.client.get(f"{self.url}{path}", params={"limit": 100_000}, headers=headers, timeout=300)
        rows: list[dict[str, Any]] = answer.json()["data"]
        return rows

    def save_card(self, user: User, number: str = GOOD) -> Card:
        """As somebody does on the wallet's page, their bank asked if it wants to be."""
        setup = start_saving(user)
        self.confirm_setup(setup.provider_id, setup.client_secret, number)
        return finish_saving(user=user, setup_id=setup.provider_id, now=timezone.now())

    def confirm_setup(self, setup_id: str, client_secret: str, number: str) -> httpx.Response:
        card = {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123"}
        data = {"type": "card", "card": card}
        call = f"setup_intents/{setup_id}/confirm"
        answer = self.browser(call, client_secret=client_secret, payment_method_data=data)
        if answer.json().get("status") == "requires_action":
            return self.browser(call, client_secret=client_secret)
        return answer

    def bank_says(self, payment_there: str, client_secret: str, *, yes: bool) -> None:
        """The card's holder answers their bank's question."""
        call = f"payment_intents/{payment_there}/_authenticate?success={str(yes).lower()}"
        self.browser(call, client_secret=client_secret)

    def told(self, gateway: Gateway | None = None) -> list[tuple[bytes, str]]:
        """What the gateway would have told by webhooks in the last minutes: bodies and their signatures."""
        since = timezone.now() - timedelta(minutes=10)
        return [signed(facts.payload) for facts in (gateway or open_gateway()).events_since(since)]


def signed(event: dict[str, Any], secret: str = SECRET) -> tuple[bytes, str]:
    body, at = json.dumps(event), int(time.time())
    signature = stripe.WebhookSignature._compute_signature(f"{at}.{body}", secret)
    return body.encode(), f"t={at},v1={signature}"


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with tempfile.TemporaryDirectory(prefix="estrade-payments-") as directory:
        sandbox = Sandbox(Path(directory))
        try:
            sandbox.start()
            yield sandbox
        finally:
            sandbox.stop()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """Payments go to the sandbox for as long as this test runs."""
    with override_settings(
        ENV=running_sandbox.env, PAYMENTS="sandbox", STRIPE_JS_URL="/payments-sandbox/js.stripe.com/v3/"
    ):
        yield running_sandbox
