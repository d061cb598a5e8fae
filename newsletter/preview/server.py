"""Serves the preview to this machine and to nobody else.

It listens on 127.0.0.1 alone. A page elsewhere could point a name of its own at 127.0.0.1 and so read the draft with the
editor's browser ("DNS rebinding"): whoever calls this server by another name is refused.
"""

from __future__ import annotations

import errno
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

from newsletter.errors import NotAllowedError
from newsletter.preview.answering import PAGE_POLICY, PreviewAnswer, answer, describe
from newsletter.preview.state import Preview

HOST = "127.0.0.1"
HEARTBEAT_SECONDS = 10
"""After this time without news a window is written to, so that one that was closed is noticed."""


class PreviewServer(ThreadingTCPServer):
    """One thread for each window; they end with the program."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, preview: Preview, port: int = 0) -> None:
        """Listen on ``port``, or on any free one. Raises NotAllowedError."""
        self.preview = preview
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            reason = "Is another preview running?" if error.errno == errno.EADDRINUSE else f"{error.strerror}."
            raise NotAllowedError(
                f"The preview cannot be shown at port {port}. {reason} Leave --port out, and a free one is taken."
            ) from error
        self.port: int = self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a window that was closed while it was written to."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self.port}/"

    @property
    def names(self) -> frozenset[str]:
        """What a browser of this machine calls us in its Host header."""
        return frozenset({f"{HOST}:{self.port}", f"localhost:{self.port}"})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PreviewServer

    def do_GET(self) -> None:
        if self.headers.get("Host", "") not in self.server.names:
            self._send(PreviewAnswer(HTTPStatus.MISDIRECTED_REQUEST, "text/plain", b"The preview is for this machine alone."))
        elif self.path == "/events":
            self._send_events()
        else:
            self._send(answer(self.server.preview, self.path))

    do_HEAD = do_GET  # noqa: N815

    def version_string(self) -> str:
        return "newsletter"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the terminal is for the findings."""

    def _send(self, given: PreviewAnswer) -> None:
        self.send_response(given.status)
        self._send_headers(given.media_type, given.policy)
        self.send_header("Content-Length", str(len(given.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(given.body)

    def _send_headers(self, media_type: str, policy: str) -> None:
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-store")

    def _send_events(self) -> None:
        """Send the state now and after each change, as server-sent events, until the window is closed."""
        preview = self.server.preview
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self._send_headers("text/event-stream", PAGE_POLICY)
        self.end_headers()
        state = preview.state
        try:
            self._send_event(describe(preview, state))
            while not preview.closed:
                news = preview.wait_for_news(state.version, seconds=HEARTBEAT_SECONDS)
                if news is None:
                    self.wfile.write(b": still here\n\n")
                else:
                    state = news
                    self._send_event(describe(preview, state))
        except ConnectionError:
            return

    def _send_event(self, data: bytes) -> None:
        self.wfile.write(b"data: " + data + b"\n\n")
        self.wfile.flush()
