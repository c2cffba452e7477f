"""What the edge passes on to web, and what it adds, keeps or withholds."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest

from .running import Edge, Reply, wait_for
from .upstream import Web


@pytest.fixture
def web(edge: Edge) -> Iterator[Web]:
    """The upstream, with nothing remembered of earlier tests."""
    assert edge.web
    edge.web.asked.clear()
    yield edge.web
    edge.web.extra_headers.clear()


def heard(reply: Reply) -> dict[str, str]:
    """The request headers that arrived at web."""
    headers: dict[str, str] = json.loads(reply.text)["headers"]
    return headers


def test_says_itself_who_asks(edge: Edge) -> None:
    claimed = {
        "Host": "watch.example:8080",
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Real-IP": "10.0.0.1",
        "Forwarded": "for=10.0.0.1",
        "X-Estrade-Hook-Secret": "guess",
    }

    headers = heard(edge.get("/@alice?x=1", headers=claimed))

    assert headers["host"] == headers["x-forwarded-host"] == "watch.example:8080"
    assert headers["x-forwarded-for"] == headers["x-real-ip"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert "forwarded" not in headers
    assert "x-estrade-hook-secret" not in headers


def test_passes_address_and_body_unchanged(edge: Edge, web: Web) -> None:
    assert edge.get("/a%20b/?q=%2F", method="POST").status == 200
    assert web.asked == ["/a%20b/?q=%2F"]


@pytest.mark.parametrize(
    "path",
    [
        "/ingest/",
        "/ingest/hooks/publish",
        "//ingest/hooks/publish",
        "/%69ngest/hooks/update",
        "/x/../ingest/a",
    ],
)
def test_hooks_are_out_of_reach(edge: Edge, web: Web, path: str) -> None:
    assert edge.get(path).status == 404
    assert edge.get(path, method="POST").status == 404
    assert web.asked == []


def test_security_headers_come_once(edge: Edge, web: Web) -> None:
    added = edge.get("/")
    web.extra_headers = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    kept = edge.get("/")

    assert added.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert added.headers.get_all("Referrer-Policy") == ["same-origin"]
    assert kept.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert kept.headers.get_all("Referrer-Policy") == ["no-referrer"]
    assert added.headers["Server"] == "nginx"


def test_websocket(edge: Edge) -> None:
    with socket.create_connection(("127.0.0.1", edge.port), timeout=5) as client:
        client.sendall(b"GET /ws/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert client.recv(1024).startswith(b"HTTP/1.1 101")
        client.sendall(b"hello")
        assert client.recv(1024) == b"hello"


def test_state_is_asked_once_for_everybody(edge: Edge, web: Web) -> None:
    path = "/api/broadcasts/7f0c6c0e-2a53-4d0c-9f0e-0d8f3a0c1111/state"
    web.extra_headers = {"Set-Cookie": "session=alices", "Cache-Control": "private", "Vary": "Cookie"}

    replies = [edge.ask(f"{path}?{n}", headers={"Cookie": f"session={n}"}) for n in range(20)]

    assert {future.result().status for future in replies} == {200}
    assert {future.result().headers["Set-Cookie"] for future in replies} == {None}
    assert {future.result().headers["Cache-Control"] for future in replies} == {"no-cache"}
    assert "cookie" not in heard(replies[0].result())
    assert web.asked == [path]


def test_state_is_a_second_old_at_most(edge: Edge, web: Web) -> None:
    path = "/api/channels/alice/state"
    edge.get(path)
    began = time.monotonic()

    def is_renewed() -> bool:
        return edge.get(path).status == 200 and len(web.asked) >= 2

    wait_for("web is asked again", is_renewed, 3)
    assert time.monotonic() - began > 0.5


def test_other_api_calls_are_not_kept(edge: Edge, web: Web) -> None:
    for _ in range(3):
        edge.get("/api/channels/alice")

    assert len(web.asked) == 3


def test_state_outlives_web(own_edge: Edge) -> None:
    own_edge.web = web = Web(own_edge.directory / "web.sock")
    own_edge.start_nginx()
    path = "/api/channels/alice/state"
    fresh = own_edge.get(path)
    web.shutdown()
    web.server_close()
    (own_edge.directory / "web.sock").unlink()

    wait_for("the rest is down", lambda: own_edge.get("/").status == 503)
    assert own_edge.get(path).body == fresh.body


def test_page_while_web_is_away(own_edge: Edge) -> None:
    own_edge.start_nginx()

    page = own_edge.get("/@alice", headers={"Accept": "text/html,*/*"})
    posted = own_edge.get("/accounts/login/", method="POST", headers={"Accept": "text/html,*/*"})
    call = own_edge.get("/api/channels/alice/state", headers={"Accept": "application/json"})

    assert (page.status, posted.status, call.status) == (503, 503, 503)
    assert "Estrade is starting" in page.text
    assert 'http-equiv="refresh"' in posted.text
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == call.headers["Cache-Control"] == "no-store"
    assert json.loads(call.text) == {"error": "web_is_away"}
    assert own_edge.get("/edge-web-is-away", headers={"Accept": "text/html"}).status == 404


def test_page_while_web_is_away_is_in_the_readers_language(own_edge: Edge) -> None:
    own_edge.start_nginx()
    french, english = "fr-CA,fr;q=0.9,en;q=0.5", "en-GB,en;q=0.9,fr;q=0.5"

    def said(language: str, **cookie: str) -> str:
        return own_edge.get("/", headers={"Accept": "text/html", "Accept-Language": language} | cookie).text

    assert "Estrade démarre" in said(french)
    assert "Estrade is starting" in said(english)
    assert "Estrade démarre" in said(english, Cookie="django_language=fr")
    assert "Estrade is starting" in said(french, Cookie="django_language=en")


def test_static_files(edge: Edge, web: Web) -> None:
    static = edge.directory / "static"
    (static / "css").mkdir(exist_ok=True)
    (static / "css" / "page.0123456789ab.css").write_text("a{}" * 1000)
    (static / "css" / "page.css").write_text("a{}")
    (static / "css" / "page.css.gz").write_bytes(b"packed beforehand")

    hashed = edge.get("/static/css/page.0123456789ab.css", headers={"Accept-Encoding": "gzip"})
    plain = edge.get("/static/css/page.css", headers={"Accept-Encoding": "gzip"})
    missing = edge.get("/static/css/gone.0123456789ab.css")

    assert hashed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["Content-Encoding"] == "gzip"
    assert hashed.headers["Content-Type"] == "text/css; charset=utf-8"
    assert plain.headers["Cache-Control"] == "no-cache"
    assert plain.body == b"packed beforehand"
    assert (missing.status, missing.headers["Cache-Control"]) == (404, "no-store")
    assert {reply.headers["X-Content-Type-Options"] for reply in (hashed, plain, missing)} == {"nosniff"}
    assert web.asked == []


def test_nothing_beside_the_static_files(edge: Edge, web: Web) -> None:
    for path in ("/static/../edge.conf", "/static/..%2fedge.conf", "/static../edge.conf"):
        edge.get(path)

    assert len(web.asked) == 3


def test_redirects_stay_on_the_address_that_was_asked(edge: Edge) -> None:
    (edge.directory / "static" / "img").mkdir(exist_ok=True)

    assert edge.get("/static/img").headers["Location"] == "/static/img/"


def test_dialling_for_sockets_is_bounded(own_edge: Edge) -> None:
    own_edge.web = Web(own_edge.directory / "web.sock")
    own_edge.start_nginx()

    statuses = [reply.result().status for reply in [own_edge.ask("/ws/") for _ in range(400)]]

    assert 429 in statuses
    assert statuses.count(200) >= 300
    assert own_edge.get("/").status == 200


def test_nobody_asks_for_lines_of_chats_without_end(edge: Edge) -> None:
    rooms, overlays = "/chat/rooms/7/lines?after=1", f"/chat/overlays/7-{'a' * 32}/lines"
    broadcasts = "/chat/broadcasts/0b0e6c0e-7a39-4a4f-9c55-6f8a9d1c2b3e/lines?at=1"
    statuses = [edge.get(path).status for path in (rooms, overlays, broadcasts) for _ in range(170)]

    assert statuses[:200] == [200] * 200
    assert 429 in statuses[340:]
    assert 429 in statuses
    assert edge.get("/chat/rooms/7/card").status == 200
