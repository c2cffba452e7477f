"""Of the payments sandbox browsers reach its script and what confirms, path by path, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from .running import Edge, make_edge
from .upstream import Web

SCRIPT = "/payments-sandbox/js.stripe.com/v3/"
LINK = "/payments-sandbox/connect/link0123456789abcdef01234567"
CONFIRM = "/payments-sandbox/v1/setup_intents/seti_0aZ/confirm"


@pytest.fixture(scope="module")
def paying() -> Iterator[Edge]:
    """An edge with a sandbox behind it that says what it was asked."""
    edge = make_edge()
    edge.more["payments_upstream"] = f"unix:{edge.directory / 'payments.sock'}"
    sandbox = Web(edge.directory / "payments.sock")
    sandbox.extra_headers = {"Access-Control-Allow-Origin": "*"}
    try:
        edge.web = Web(edge.directory / "web.sock")
        edge.start_redis()
        edge.start_nginx()
        yield edge
    finally:
        sandbox.shutdown()
        sandbox.server_close()
        edge.stop()


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("GET", SCRIPT, "/browser/js.stripe.com/v3/"),
        ("POST", CONFIRM, "/browser/v1/setup_intents/seti_0aZ/confirm"),
        ("POST", "/payments-sandbox/v1/setup_intents/seti_0aZ/cancel", "/browser/v1/setup_intents/seti_0aZ/cancel"),
        (
            "POST",
            "/payments-sandbox/v1/payment_intents/pi_0aZ/_authenticate?success=true",
            "/browser/v1/payment_intents/pi_0aZ/_authenticate?success=true",
        ),
        ("GET", LINK, f"/browser/connect/{LINK[-28:]}"),
        ("POST", LINK, f"/browser/connect/{LINK[-28:]}"),
    ],
)
def test_what_a_browser_needs_gets_through_without_keys(paying: Edge, method: str, path: str, asked: str) -> None:
    keys = {"Authorization": "Bearer sk_test_x", "Cookie": "sessionid=1", "Idempotency-Key": "1"}
    reply = paying.get(path, method=method, headers=keys)

    assert reply.status == 200
    told = json.loads(reply.body)
    assert told["path"] == asked
    assert {"authorization", "cookie"} & {*told["headers"]} == set()
    assert reply.headers["Access-Control-Allow-Origin"] is None
    assert reply.headers.get_all("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", SCRIPT, 403),
        ("GET", CONFIRM, 403),
        ("DELETE", CONFIRM, 403),
        ("DELETE", LINK, 403),
        ("GET", f"{LINK}8", 404),
        ("GET", f"{LINK}/x", 404),
        ("POST", "/payments-sandbox/v2/core/accounts", 404),
        ("POST", "/payments-sandbox/v1/transfers", 404),
        ("POST", "/payments-sandbox/sandbox/topups", 404),
        ("POST", "/payments-sandbox/v1/setup_intents", 404),
        ("POST", "/payments-sandbox/v1/setup_intents/seti_0aZ", 404),
        ("GET", "/payments-sandbox/v1/setup_intents/seti_0aZ", 404),
        ("POST", "/payments-sandbox/v1/payment_intents/pi_0aZ/confirm", 404),
        ("POST", "/payments-sandbox/v1/payment_intents/pi_0aZ/capture", 404),
        ("POST", "/payments-sandbox/v1/payment_intents", 404),
        ("POST", "/payments-sandbox/v1/refunds", 404),
        ("GET", "/payments-sandbox/v1/customers", 404),
        ("GET", "/payments-sandbox/v1/events", 404),
        ("POST", "/payments-sandbox/v1/setup_intents/../refunds/confirm", 404),
        ("POST", "/payments-sandbox/v1/setup_intents/seti_%2e%2e/confirm", 404),
        ("POST", "/payments-sandbox/v1/setup_intents/seti_0aZ/confirm/x", 404),
        ("POST", "/payments-sandbox/sandbox/disputes", 404),
        ("POST", "/payments-sandbox/sandbox/disputes/du_0aZ/close", 404),
        ("POST", "/payments-sandbox/sandbox/refunds/re_0aZ/fail", 404),
        ("GET", "/payments-sandbox/v1/balance_transactions", 404),
        ("GET", "/payments-sandbox/v1/disputes/du_0aZ", 404),
        ("POST", "/payments-sandbox/delivered", 404),
        ("DELETE", "/payments-sandbox/_config/data", 404),
        ("POST", "/payments-sandbox/_config/webhooks/x", 404),
        ("GET", "/payments-sandbox/browser/js.stripe.com/v3/", 404),
        ("GET", "/payments-sandbox/js.stripe.com/v3/x", 404),
        ("GET", "/payments-sandbox/", 404),
    ],
)
def test_nothing_else_does(paying: Edge, method: str, path: str, status: int) -> None:
    reply = paying.get(path, method=method)

    assert reply.status == status
    assert b'"path": "/browser' not in reply.body
    assert b'"path": "/v1' not in reply.body


def test_a_house_without_the_sandbox_has_none_of_it(edge: Edge) -> None:
    """The address is a page of web's like any other, which isn't there."""
    assert json.loads(edge.get(SCRIPT).body)["path"] == SCRIPT
