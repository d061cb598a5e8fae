"""A local HTTP server that speaks SendGrid's ``/v3/mail/send``: keeps what it takes, renders substitutions, fails on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Fault = tuple[int, dict[str, str], dict[str, Any]]
"""Status, headers and body of a refusal."""

LOST = 0
"""As a status: take the mails and hang up without an answer."""

SLOW = -1
"""As a status: take the mails and answer too late."""


@dataclass
class ApiMail:
    key: str
    address: str
    html: str
    text: str
    headers: dict[str, str]


@dataclass
class RecordingSendgrid:
    """``fault`` looks at a request's body and says how it fails; None: it does not."""

    fault: Callable[[dict[str, Any]], Fault | None] = lambda _: None
    mails: list[ApiMail] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    request_headers: list[dict[str, str]] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)
    url: str = ""

    def take(self, body: dict[str, Any]) -> None:
        content = {part["type"]: part["value"] for part in body["content"]}
        for person in body["personalizations"]:
            filled = {}
            for media_type, text in content.items():
                for tag, value in person["substitutions"].items():
                    text = text.replace(tag, value)  # noqa: PLW2901 - substitutions are done one after the other
                filled[media_type] = text
            [to] = person["to"]
            self.mails.append(
                ApiMail(
                    person["custom_args"]["delivery"], to["email"], filled["text/html"], filled["text/plain"], person["headers"]
                )
            )


def _handler(service: RecordingSendgrid) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # headers and body in one segment, or each answer waits for a delayed ACK

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.requests.append(body)
            service.request_headers.append(dict(self.headers))
            service.connections.add(self.client_address)
            addresses = [to["email"].lower() for person in body["personalizations"] for to in person["to"]]
            fault = service.fault(body)
            if fault is None and len(set(addresses)) != len(addresses):
                fault = (400, {}, {"errors": [{"field": "personalizations", "message": "not unique"}]})
            if fault is None or fault[0] in {LOST, SLOW}:
                service.take(body)
            if fault and fault[0] == LOST:
                self.close_connection = True
                return
            if fault and fault[0] == SLOW:
                time.sleep(1)
            status, headers, answer = (202, {}, {}) if fault is None or fault[0] == SLOW else fault
            content = json.dumps(answer).encode()
            try:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def posting_to(service: RecordingSendgrid) -> Iterator[RecordingSendgrid]:
    """Run the service while the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
