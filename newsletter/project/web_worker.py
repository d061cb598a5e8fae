"""What the web server itself answers to a request that cannot be read: nothing of it is repeated, to nobody and in no log."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from newsletter.project.headers import FOR_EVERYTHING, FOR_NO_PAGE, strict_transport

STATUSES: Final = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}
"""What is not simply a bad request."""

OF_OURS: Final = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName, errors.ConfigurationProblem)


LONGEST_READ: Final = 10.0
"""Seconds after which no more of a request is read: who sends theirs a letter at a time would keep a thread from all others."""


class QuietWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn publishes no types
    """Gunicorn's worker with threads, whose own errors carry the headers of every answer, and which waits for nobody for ever."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_hand: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        """Read a request and answer it, in a thread."""
        self._in_hand[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._in_hand[conn]

    def murder_pending(self) -> None:
        """Close what nobody says anything on, and read no more of what comes too slowly; gunicorn calls this every second."""
        super().murder_pending()
        now = time.monotonic()
        for conn, begun in self._in_hand.copy().items():
            if now - begun > LONGEST_READ:
                with suppress(OSError):  # over in this very moment
                    conn.sock.shutdown(socket.SHUT_RD)  # an answer that is being written still goes out

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that could not be read, or that failed where Django does not answer for it."""
        del addr  # where a reader is stands in no log
        if isinstance(exc, errors.ParseException) and not isinstance(exc, OF_OURS):
            status = STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST)
            self.log.warning("A request could not be read: %s", type(exc).__name__)
        else:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            self.log.error("Error handling request %s", getattr(req, "path", ""), exc_info=exc)
        try:
            util.write_nonblock(client, _answer(status))
        except OSError:
            self.log.debug("Nobody waits for the answer any more.")


def _answer(status: HTTPStatus) -> bytes:
    body = f"{status.phrase}\n"
    headers = {
        **FOR_EVERYTHING,
        **strict_transport(settings.NEWSLETTER),
        "Content-Security-Policy": FOR_NO_PAGE,
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", body]).encode("ascii")
