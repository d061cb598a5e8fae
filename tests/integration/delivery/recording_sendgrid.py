"""A local server that speaks SendGrid's API: it keeps what it takes, renders, schedules, cancels, and fails on demand.

It knows ``/v3/mail/send``, ``/v3/mail/batch``, ``/v3/user/scheduled_sends``, the Email Logs API (``/v3/logs``) and how an address
is deleted from its lists (``/v3/suppression``, ``/v3/asm/suppressions``), as Twilio's OpenAPI files describe them. A mail with a
``send_at`` waits until the service's own clock has passed it, and is discarded then if its batch was cancelled.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Fault = tuple[int, dict[str, str], Any]
"""Status, headers and body of a refusal."""

LOST = 0
"""As a status: take the mails and hang up without an answer."""

SLOW = -1
"""As a status: take the mails and answer too late."""

MOST_PENDING = 10
"""Batches that may be cancelled and not yet discarded."""

TO_EMAIL = re.compile(r'to_email="([^"]+)"')


@dataclass
class ApiMail:
    key: str
    address: str
    html: str
    text: str
    headers: dict[str, str]
    message_id: str = ""
    batch_id: str = ""
    send_at: float = 0
    status: str = "processed"
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass
class RecordingSendgrid:
    """``fault`` looks at a mail request's body and says how it fails, None if it does not; ``refuse`` does so for other paths."""

    fault: Callable[[dict[str, Any]], Fault | None] = lambda _: None
    refuse: Callable[[str, str], Fault | None] = lambda _method, _path: None
    mails: list[ApiMail] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    request_headers: list[dict[str, str]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)
    cancelled: dict[str, str] = field(default_factory=dict)
    lists: dict[str, set[str]] = field(default_factory=dict)
    batch_ids: int = 0
    clock: Callable[[], float] = time.time
    cancels_late: bool = False
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: dict[str, Any]) -> None:
        content = {part["type"]: part["value"] for part in body["content"]}
        for person in body["personalizations"]:
            filled = {}
            for media_type, text in content.items():
                for tag, value in person["substitutions"].items():
                    text = text.replace(tag, value)  # noqa: PLW2901 - substitutions are done one after the other
                filled[media_type] = text
            [to] = person["to"]
            arguments = person["custom_args"]
            self.mails.append(
                ApiMail(
                    arguments["delivery"],
                    to["email"],
                    filled["text/html"],
                    filled["text/plain"],
                    person["headers"],
                    message_id=f"sg-{len(self.mails)}.recvd",
                    batch_id=body.get("batch_id", ""),
                    send_at=body.get("send_at", 0),
                    arguments=arguments,
                )
            )

    def arrived(self) -> list[ApiMail]:
        """Give what readers get in the end: all but what is discarded at its moment."""
        return [mail for mail in self.mails if self.cancelled.get(mail.batch_id) != "cancel"]

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Fault:
        """Answer any call but the one that sends mail."""
        self.bodies.append(body)
        refused = self.refuse(method, path)
        if refused is not None and refused[0] != LOST:
            return refused
        with self.lock:
            given = self._answer(method, path, body)
        return refused or given

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> Fault:
        found: Fault = (404, {}, {})
        match method, path.split("/")[2:]:
            case "POST", ["mail", "batch"]:
                self.batch_ids += 1
                found = 201, {}, {"batch_id": f"Batch-{self.batch_ids:06d}-{id(self) % 10_000}"}
            case "POST", ["user", "scheduled_sends"]:
                found = self._cancel(body)
            case "GET", ["user", "scheduled_sends", *refs]:
                asked = [(ref, status) for ref, status in self.cancelled.items() if not refs or ref in refs]
                found = 200, {}, [{"batch_id": ref, "status": status} for ref, status in asked]
            case "DELETE", ["suppression" | "asm", *middle, address]:
                name = "/".join(middle)
                known = unquote(address) in self.lists.get(name, set())
                self.lists.get(name, set()).discard(unquote(address))
                found = (204, {}, None) if known else (404, {}, {"errors": [{"message": "not found"}]})
            case "POST", ["logs"]:
                found = self._list(body)
            case "GET", ["logs", message_id]:
                found = self._detail(unquote(message_id))
        return found

    def _cancel(self, body: dict[str, Any]) -> Fault:
        ref = body["batch_id"]
        if ref in self.cancelled:
            return 400, {}, {"errors": [{"field": "batch_id", "message": "already cancelled or paused"}]}
        if len(self.cancelled) >= MOST_PENDING:
            return 400, {}, {"errors": [{"message": "maximum number of cancellations"}]}
        send_at = [mail.send_at for mail in self.mails if mail.batch_id == ref]
        if not self.cancels_late or all(moment - self.clock() >= 600 for moment in send_at):
            self.cancelled[ref] = body["status"]
        return 201, {}, {"batch_id": ref, "status": body["status"]}

    def _list(self, body: dict[str, Any]) -> Fault:
        asked = TO_EMAIL.search(body["query"])
        if asked is None or "sg_message_id_created_at" not in body["query"]:
            return 400, {}, {"errors": [{"field": "query", "message": "invalid syntax"}]}
        at = datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = [mail for mail in self.mails if mail.address == asked[1]][-body["limit"] :]
        rows = [
            {"sg_message_id": one.message_id, "to_email": one.address, "status": one.status, "sg_message_id_created_at": at}
            for one in found
        ]
        return 200, {}, {"messages": rows}

    def _detail(self, message_id: str) -> Fault:
        for mail in self.mails:
            if mail.message_id == message_id:
                event = {"event": mail.status, "timestamp": int(self.clock())}
                detail = {"sg_message_id": message_id, "to_email": mail.address, "status": mail.status, "events": [event]}
                return 200, {}, {**detail, "custom_args": mail.arguments}
        return 404, {}, {"errors": [{"message": "not found"}]}


class _Handler(BaseHTTPRequestHandler):
    service: RecordingSendgrid
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # headers and body in one segment, or each answer waits for a delayed ACK

    def do_GET(self) -> None:
        self._serve("GET", {})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._serve("POST", json.loads(content) if content else {})

    def do_DELETE(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._serve("DELETE", json.loads(content) if content else {})

    def _serve(self, method: str, body: dict[str, Any]) -> None:
        self.service.calls.append((method, self.path))
        self.service.connections.add(self.client_address)
        fault = self._mail(body) if self.path == "/v3/mail/send" else self.service.answer(method, self.path, body)
        if fault and fault[0] == LOST:
            self.close_connection = True
            return
        if fault and fault[0] == SLOW:
            time.sleep(1)
        self._write((202, {}, {}) if fault is None or fault[0] == SLOW else fault)

    def _mail(self, body: dict[str, Any]) -> Fault | None:
        self.service.requests.append(body)
        self.service.request_headers.append(dict(self.headers))
        addresses = [to["email"].lower() for person in body["personalizations"] for to in person["to"]]
        fault = self.service.fault(body)
        if fault is None and len(set(addresses)) != len(addresses):
            fault = (400, {}, {"errors": [{"field": "personalizations", "message": "not unique"}]})
        if fault is None or fault[0] in {LOST, SLOW}:
            with self.service.lock:
                self.service.take(body)
        return fault

    def _write(self, given: Fault) -> None:
        status, headers, answer = given
        content = b"" if status == 204 else json.dumps(answer).encode()
        try:
            self.send_response_only(status)
            named = {"Date": formatdate(self.service.clock(), usegmt=True), "Content-Length": str(len(content)), **headers}
            for name, value in named.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def posting_to(service: RecordingSendgrid, *, certificate: Path | None = None) -> Iterator[RecordingSendgrid]:
    """Run the service while the block lasts, over TLS where a certificate is given."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"service": service}))
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        service.url = service.url.replace("http://", "https://")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
