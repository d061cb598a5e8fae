"""SendGrid's v3 API over one kept-alive connection: the sendgrid client's host and headers, with a time-out and keep-alive.

The library's own HTTP client opens a connection a call and waits for ever (python_http_client 3.3.7); it also lets headers of one
call leak into the next. What it says of itself to SendGrid is taken from it, so that we look to SendGrid as its library does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, Self

import httpx
import orjson
from sendgrid import SendGridAPIClient

from newsletter.delivery.transports.smtp import trusting
from newsletter.errors import NewsletterError, TransportError
from newsletter.settings import SendgridSettings

IDLE_SECONDS: Final = 10.0
"""A connection that was idle for longer is not used again: a server that hangs up at that moment would leave a call in doubt."""

BATCH_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,99}")

NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Errors of httpx at which no byte of the request can have left.

Any other one may come when the whole of it has: also RemoteProtocolError and WriteError, on a connection that was closed while it
was idle, since a server may read the request and hang up.
"""

BEFORE_WRITING: Final = (".send_request_headers.started", ".send_request_body.started")
"""What httpx says right before it writes (its documentation, "Request extensions")."""


class HeldTooLongError(NewsletterError):
    """A call was not made: what it carries may be somebody else's by now."""

    def __init__(self) -> None:
        super().__init__("it was held for longer than the lease")


class SendgridClient:
    """One connection to SendGrid, for one thread. Use it as a context manager."""

    def __init__(self, settings: SendgridSettings) -> None:
        if not settings.api_key.get_secret_value():
            raise TransportError("There is no key for SendGrid. Set NEWSLETTER_DELIVERY__SENDGRID__API_KEY.")
        library = SendGridAPIClient(settings.api_key.get_secret_value(), host=settings.host).client
        self.host: str = library.host
        try:
            self._http = httpx.Client(
                base_url=self.host,
                headers={**library.request_headers, "Content-Type": "application/json"},
                timeout=settings.timeout_seconds,
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_SECONDS),
                verify=trusting(settings.ca_file),
                trust_env=False,
            )
        except UnicodeEncodeError:
            raise TransportError("The key for SendGrid has letters outside ASCII. Copy it again from SendGrid.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def post_mail(self, body: bytes, *, is_ours: Callable[[], bool] = lambda: True) -> httpx.Response:
        """Make the call that sends mail. Raises httpx.RequestError; after any but ``NEVER_SENT`` nobody knows whether it did.

        ``is_ours`` is asked once the connection is there, right before the head and right before the body is written: where it
        does not hold, HeldTooLongError is raised and SendGrid has no body to read.
        """

        def look(event: str, _: Mapping[str, Any]) -> None:
            if event.endswith(BEFORE_WRITING) and not is_ours():
                raise HeldTooLongError

        return self._http.post("/v3/mail/send", content=body, extensions={"trace": look})

    def make_batch_id(self) -> str:
        """Ask for a name by which a call can be cancelled. Raises TransportError."""
        answer = self.ask("POST", "/v3/mail/batch", expected=201)
        batch_id = answer.get("batch_id") if isinstance(answer, dict) else None
        if not isinstance(batch_id, str) or not BATCH_ID.fullmatch(batch_id):
            raise TransportError("SendGrid gave no batch id. It is tried again later.")
        return batch_id

    def ask(self, method: str, path: str, *, expected: int = 200, body: Mapping[str, Any] | None = None) -> Any:
        """Make a call that sends no mail, and give what its JSON says. Raises TransportError for any other answer."""
        response = self.send(method, path, body=body)
        if response.status_code == 429:
            raise TransportError("SendGrid asks us to wait. It is tried again later.")
        if response.status_code in {401, 403}:
            raise TransportError(f"SendGrid refuses {path} ({response.status_code}). Check the API key and its rights.")
        if response.status_code != expected:
            raise TransportError(f"SendGrid answered {response.status_code} to {path}. It is tried again later.")
        return self.read(response)

    def read(self, response: httpx.Response) -> Any:
        """Give what an answer's JSON says. Raises TransportError."""
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError:
            raise TransportError("SendGrid's answer is no JSON. It is tried again later.") from None

    def send(self, method: str, path: str, *, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """Make a call that sends no mail. Raises TransportError when there is no answer."""
        try:
            return self._http.request(method, path, content=orjson.dumps(body) if body is not None else None)
        except httpx.RequestError as error:
            raise TransportError(f"SendGrid cannot be reached ({type(error).__name__}). It is tried again later.") from error


def seconds_to_wait(response: httpx.Response, *, now: float) -> float | None:
    """Give how long a 429 asks us to wait: X-RateLimit-Reset is a Unix time, Retry-After seconds or a date."""
    for name, since in (("X-RateLimit-Reset", now), ("Retry-After", 0.0)):
        try:
            return max(1.0, float(response.headers[name]) - since)
        except (KeyError, ValueError):
            continue
    try:
        return max(1.0, parsedate_to_datetime(response.headers["Retry-After"]).timestamp() - now)
    except (KeyError, ValueError):
        return None


def servers_time(response: httpx.Response) -> float | None:
    """Give what SendGrid's own clock says, in Unix seconds; None when it does not."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        return None
