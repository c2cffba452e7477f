"""HTTPS with a certificate of our own, the way there from plain HTTP, and whose word counts about who asks."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .certificates import make_certificate
from .running import Edge, Reply, free_port, make_edge, wait_for
from .upstream import Web

NAME = "stream.example"


@pytest.fixture(scope="module")
def secure() -> Iterator[Edge]:
    """An edge with a certificate, a port for plain HTTP and nobody in front of it."""
    edge = make_edge()
    try:
        cert, key = make_certificate(edge.directory, NAME)
        redirect_port = str(free_port())
        edge.https = {
            "TLS_CERT": str(cert),
            "TLS_KEY": str(key),
            "PUBLIC_URL": f"https://{NAME}:{edge.port}",
            "HTTP_REDIRECT_PORT": redirect_port,
        }
        rtmps = {"rtmps_listen": [f"127.0.0.1:{free_port()}"], "ingest_behind_edge": "127.0.0.1:1"}
        edge.more = rtmps | {"acme_dir": edge.directory / "acme"}
        edge.web = Web(edge.directory / "web.sock")
        edge.start_redis()
        edge.start_nginx()
        yield edge
    finally:
        edge.stop()


def trusting(edge: Edge) -> ssl.SSLContext:
    """A client that knows our certificate."""
    return ssl.create_default_context(cafile=edge.https["TLS_CERT"])


def curl(edge: Edge, path: str, *options: str) -> tuple[str, dict[str, str], str]:
    """HTTP version and status, headers, body, as curl got them."""
    address = f"https://{NAME}:{edge.port}{path}"
    resolved = f"{NAME}:{edge.port}:127.0.0.1"
    command = ["curl", "-sS", "-i", "--cacert", edge.https["TLS_CERT"], "--resolve", resolved, *options, address]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    return first.strip(), {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}, body


def plain(edge: Edge, port: int, path: str) -> Reply:
    """A request over plain HTTP."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers={"Host": "other.example"})
    answer = connection.getresponse()
    return Reply(answer.status, answer.headers, answer.read(), 0)


def heard(body: str) -> dict[str, str]:
    """The request headers that arrived at web."""
    headers: dict[str, str] = json.loads(body)["headers"]
    return headers


def test_pages_come_over_http_2(secure: Edge) -> None:
    first, headers, body = curl(secure, "/@alice", "--http2")

    assert first == "HTTP/2 200"
    assert heard(body)["x-forwarded-proto"] == "https"
    assert heard(body)["host"] == f"{NAME}:{secure.port}"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "geolocation=()" in headers["permissions-policy"]
    assert headers["referrer-policy"] == "same-origin"


def test_players_say_over_http_2_that_they_play(secure: Edge) -> None:
    first, _, _ = curl(secure, "/live/1-00000000-x/" + "0" * 32 + "/watching?player=p", "--http2", "-X", "POST")

    assert first == "HTTP/2 403"


def test_old_versions_of_tls_are_refused(secure: Edge) -> None:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{secure.port}", "-cipher", "DEFAULT@SECLEVEL=0"]

    def handshake(version: str) -> str:
        done = subprocess.run([*command, version], input="", capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    assert "alert protocol version" in handshake("-tls1_1")
    assert "Protocol  : TLSv1.2" in handshake("-tls1_2")


def test_websocket_over_tls(secure: Edge) -> None:
    with (
        socket.create_connection(("127.0.0.1", secure.port), timeout=5) as connection,
        trusting(secure).wrap_socket(connection, server_hostname=NAME) as client,
    ):
        client.sendall(b"GET /ws/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert client.recv(1024).startswith(b"HTTP/1.1 101")
        client.sendall(b"hello")
        assert client.recv(1024) == b"hello"


def test_plain_http_is_sent_to_the_public_address(secure: Edge) -> None:
    for port in (int(secure.https["HTTP_REDIRECT_PORT"]), secure.port):
        reply = plain(secure, port, "/@alice?x=%2F")
        assert reply.status == 301
        assert reply.headers["Location"] == f"https://{NAME}:{secure.port}/@alice?x=%2F"


def test_a_certificate_authority_finds_its_token_and_nothing_else(secure: Edge) -> None:
    tokens = secure.directory / "acme" / ".well-known" / "acme-challenge"
    tokens.mkdir(parents=True, exist_ok=True)
    (tokens / "a-Token_1").write_text("a-Token_1.thumbprint")
    (secure.directory / "acme" / "private").write_text("not for you")
    port = int(secure.https["HTTP_REDIRECT_PORT"])

    found = plain(secure, port, "/.well-known/acme-challenge/a-Token_1")

    assert (found.status, found.text) == (200, "a-Token_1.thumbprint")
    assert found.headers["Content-Type"].startswith("text/plain")
    assert plain(secure, port, "/.well-known/acme-challenge/another").status == 404
    assert plain(secure, port, "/.well-known/acme-challenge/../../private").status == 301


def test_a_renewed_certificate_is_used_without_a_reload(secure: Edge, tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path, NAME)
    before = ssl.get_server_certificate(("127.0.0.1", secure.port))
    os.replace(key, secure.https["TLS_KEY"])
    os.replace(cert, secure.https["TLS_CERT"])

    after = ssl.get_server_certificate(("127.0.0.1", secure.port))

    assert before != after
    assert curl(secure, "/")[0] == "HTTP/2 200"


CLAIMS = {
    "Host": "127.0.0.1",
    "X-Forwarded-For": "198.51.100.9, 203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": NAME,
}


def behind_a_proxy(edge: Edge, **https: str) -> dict[str, str]:
    """What web hears of a request that makes claims, at an edge without a certificate."""
    edge.https = https
    edge.web = Web(edge.directory / "web.sock")
    edge.start_nginx()
    return heard(edge.get("/", headers=CLAIMS).text)


def test_nobodys_word_counts_by_default(own_edge: Edge) -> None:
    headers = behind_a_proxy(own_edge)

    assert headers["x-forwarded-for"] == headers["x-real-ip"] == "127.0.0.1"
    assert (headers["host"], headers["x-forwarded-proto"]) == ("127.0.0.1", "http")


def test_strangers_stay_strangers_when_a_proxy_is_trusted(own_edge: Edge) -> None:
    headers = behind_a_proxy(own_edge, TRUSTED_PROXIES="192.0.2.0/24, 2001:db8::/32")

    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert (headers["host"], headers["x-forwarded-proto"]) == ("127.0.0.1", "http")


def test_a_trusted_proxy_says_who_asks(own_edge: Edge) -> None:
    headers = behind_a_proxy(own_edge, TRUSTED_PROXIES="127.0.0.1")

    # The nearest address that isn't a proxy's; what stands before it, anybody may have written.
    assert headers["x-forwarded-for"] == headers["x-real-ip"] == "203.0.113.7"
    assert headers["host"] == headers["x-forwarded-host"] == NAME
    assert headers["x-forwarded-proto"] == "https"


def test_https_that_ends_in_front_needs_the_public_address_alone(own_edge: Edge) -> None:
    headers = behind_a_proxy(own_edge, PUBLIC_URL=f"https://{NAME}")

    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert own_edge.get("/").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_browsers_are_not_bound_to_https_on_this_machine(own_edge: Edge) -> None:
    behind_a_proxy(own_edge, PUBLIC_URL="https://localhost")

    assert own_edge.get("/").headers["Strict-Transport-Security"] is None


def test_the_first_certificate_can_be_had_before_there_is_one(own_edge: Edge) -> None:
    own_edge.more = {"acme_dir": own_edge.directory / "acme"}
    port = free_port()
    behind_a_proxy(own_edge, PUBLIC_URL=f"https://{NAME}", HTTP_REDIRECT_PORT=str(port))
    tokens = own_edge.directory / "acme" / ".well-known" / "acme-challenge"
    tokens.mkdir(parents=True)
    (tokens / "token").write_text("proof")

    wait_for("the token is there", lambda: plain(own_edge, port, "/.well-known/acme-challenge/token").status == 200)

    assert plain(own_edge, port, "/.well-known/acme-challenge/token").text == "proof"
