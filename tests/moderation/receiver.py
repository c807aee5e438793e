"""A receiver of webhooks: a real HTTP server that answers as a test tells it."""

from __future__ import annotations

import hmac
import json
import ssl
import threading
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Receiver:
    """Answers with `status`; `answer`, when given, writes the answer itself.

    With `tls`, a certificate and its key in one file, it speaks HTTPS.
    """

    def __init__(self, tls: Path | None = None) -> None:
        self.status = 200
        self.location = ""
        self.answer: Callable[[BaseHTTPRequestHandler], None] | None = None
        self.got: list[tuple[str, dict[str, str], bytes]] = []  # path, headers, body
        self.closing = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                if receiver.answer:
                    receiver.answer(self)
                    return
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Receiver:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?from=toxiguard"

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _path, _headers, body in self.got]


def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Check a signature as docs/api.md tells receivers to."""
    parts = dict(part.split("=", 1) for part in headers["ToxiGuard-Signature"].split(","))
    signed = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, sha256).hexdigest()
    return hmac.compare_digest(signed, parts["v1"])
