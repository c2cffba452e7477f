"""A plain HTTP server on the socket where web would be."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from pathlib import Path


class Web(http.server.ThreadingHTTPServer):
    """What stands where web would: it says what it was asked, and counts."""

    address_family = socket.AF_UNIX
    daemon_threads = True
    allow_reuse_address = False
    # A crowd that dials at once must find room, as it does at the real one.
    request_queue_size = 1024

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), WebHandler)  # type: ignore[arg-type]
        self.asked: list[str] = []
        self.extra_headers: dict[str, str] = {}
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def server_bind(self) -> None:
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "web", 0


class WebHandler(http.server.BaseHTTPRequestHandler):
    """Answers with the request line and headers as JSON; echoes bytes after an upgrade."""

    protocol_version = "HTTP/1.1"
    server: Web

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.headers["Upgrade"] == "websocket":
            return self._echo()
        answer = {"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in (headers | self.server.extra_headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return None

    do_HEAD = do_POST = do_GET

    def _echo(self) -> None:
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.end_headers()
        self.connection.sendall(self.connection.recv(1024))
        self.close_connection = True
