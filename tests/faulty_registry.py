"""The practice registry behind an edge that fails as a test plans it, as networks and the real one's front do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from newsletter.sources.practice.registry import API, PracticeRegistry


class Wire(Enum):
    """What becomes of an answer's bytes on the way."""

    WHOLE = "whole"
    CUT = "cut"
    """Half of the promised length arrives, then the connection ends."""
    UNANNOUNCED_CUT = "unannounced cut"
    """No length is promised, and half of the body arrives."""
    SILENT = "silent"
    """Nothing arrives until the server is told to go on."""
    DRIP = "drip"
    """One byte at a time arrives, for ever."""
    CLOSED = "closed"
    """The connection ends without a word."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that takes the place of the registry's: what is None stays as the registry had it."""

    status: int | None = None
    media_type: str | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wire: Wire = Wire.WHOLE


NO_FAULT = Fault()
Plan = Callable[[str], Fault]
"""Gives the fault for a request by its path and query."""


class FaultyRegistry:
    """Serves what a practice registry answers, through planned faults, and writes down what it was asked."""

    def __init__(self, practice: PracticeRegistry) -> None:
        self.practice = practice
        self.plan: Plan = lambda _: NO_FAULT
        self.rewrite: Callable[[str], str] = lambda target: target
        self.asked: list[str] = []
        self.statuses: list[int] = []
        self.go_on = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.edge = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="faulty-registry", daemon=True)

    @property
    def base_url(self) -> str:
        """The address for ``[trials] base_url``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{API}"

    def fail_in_turn(self, faults: Sequence[Fault]) -> None:
        """Let the next requests meet these faults, one each, and those after them none."""
        left = list(faults)
        self.plan = lambda _: left.pop(0) if left else NO_FAULT

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    edge: FaultyRegistry


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        edge = self.server.edge
        edge.asked.append(self.path.removeprefix(API))
        fault = edge.plan(self.path.removeprefix(API))
        answer = edge.practice.answer(edge.rewrite(self.path), if_none_match=self.headers.get("If-None-Match", ""))
        body = answer.body.encode() if fault.body is None else fault.body
        headers = {**answer.headers, **fault.headers}
        if fault.media_type is not None:
            headers["Content-Type"] = fault.media_type
        self.close_connection = fault.wire is not Wire.WHOLE
        if fault.wire is Wire.CLOSED:
            return
        if fault.wire is Wire.SILENT:
            edge.go_on.wait(30)
            return
        status = answer.status if fault.status is None else fault.status
        edge.statuses.append(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if fault.wire is Wire.UNANNOUNCED_CUT:
            self.send_header("Connection", "close")
        elif status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self._send(body, fault.wire)

    def _send(self, body: bytes, wire: Wire) -> None:
        if wire is Wire.WHOLE:
            self.wfile.write(body)
        elif wire is Wire.DRIP:
            for byte in body:
                if self.server.edge.go_on.wait(0.05):
                    return
                try:
                    self.wfile.write(bytes([byte]))
                except OSError:
                    return
        else:
            self.wfile.write(body[: len(body) // 2])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server names it so
        pass
