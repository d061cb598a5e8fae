"""A mailbox that bounces come to, read by IMAP over TLS (RFC 3501). Nothing in it is ever deleted.

What was looked at gets a keyword, so that the next look asks for the rest alone; what was handled is marked as seen as well, and
what is left to people stays unread. A server that keeps no keywords gets a star on what is left instead.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from newsletter.delivery.bounces.sources import MOST_BYTES, MOST_MAILS, BouncesUnavailableError, Incoming
from newsletter.settings import ImapSettings

T = TypeVar("T")

LOOKED_AT: Final = "NewsletterLookedAt"
KEEPS_KEYWORDS: Final = re.compile(rb"\\\*|" + LOOKED_AT.encode(), re.IGNORECASE)


class ImapSource:
    """One session with a server."""

    def __init__(self, settings: ImapSettings) -> None:
        self._settings = settings
        self._keywords = True
        self._session: imaplib.IMAP4_SSL | None = None

    def __enter__(self) -> Self:
        try:
            self._trying(self._open)
        except BouncesUnavailableError:
            self._close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                session.logout()
            except (OSError, imaplib.IMAP4.error):
                session.shutdown()

    def waiting(self) -> Iterator[Incoming]:
        """Give the oldest mails that were not looked at, each asked for by itself."""
        wanted = ("UNKEYWORD", LOOKED_AT) if self._keywords else ("UNSEEN", "UNFLAGGED")
        found = self._ask("SEARCH", *wanted)
        names = b" ".join(part for part in found if isinstance(part, bytes)).split()
        for name in names[:MOST_MAILS]:
            answer = self._ask("FETCH", name.decode(), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
            content = next((part[1] for part in answer if isinstance(part, tuple)), None)
            if content is not None:
                yield Incoming(name.decode(), content)

    def put_away(self, incoming: Incoming) -> None:
        """Mark a mail as seen."""
        self._mark(incoming, rf"(\Seen {LOOKED_AT})" if self._keywords else r"(\Seen)")

    def leave(self, incoming: Incoming) -> None:
        """Leave a mail unread."""
        self._mark(incoming, f"({LOOKED_AT})" if self._keywords else r"(\Flagged)")

    def _open(self) -> None:
        settings = self._settings
        try:
            context = ssl.create_default_context(cafile=settings.ca_file or None)
        except OSError as error:
            raise BouncesUnavailableError(f"delivery.bounces.imap.ca_file cannot be read: {error.strerror}.") from error
        self._session = session = imaplib.IMAP4_SSL(
            settings.host, settings.port, ssl_context=context, timeout=settings.timeout_seconds
        )
        self._log_in(session)
        # Quoted, since imaplib sends the name as it is.
        folder = settings.folder.replace("\\", "\\\\").replace('"', '\\"')
        status, said = session.select(f'"{folder}"')
        if status != "OK":
            raise BouncesUnavailableError(
                f"{settings.host} has no folder “{settings.folder}”. Correct delivery.bounces.imap.folder."
            )
        permanent = session.untagged_responses.get("PERMANENTFLAGS", said)
        self._keywords = any(KEEPS_KEYWORDS.search(part) for part in permanent if isinstance(part, bytes))

    def _log_in(self, session: imaplib.IMAP4_SSL) -> None:
        name, password = self._settings.username, self._settings.password.get_secret_value()
        try:
            if "AUTH=PLAIN" in session.capabilities:
                session.authenticate("PLAIN", lambda _: f"\0{name}\0{password}".encode())
            else:
                session.login(name, password)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, UnicodeEncodeError) as error:
            raise BouncesUnavailableError(
                f"{self._settings.host} does not let “{name}” in. Look at delivery.bounces.imap.username and at "
                "NEWSLETTER_DELIVERY__BOUNCES__IMAP__PASSWORD."
            ) from error

    def _mark(self, incoming: Incoming, flags: str) -> None:
        self._ask("STORE", incoming.name, "+FLAGS.SILENT", flags)

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        """Do a command on mails by their lasting names (UIDs)."""
        session = self._session
        assert session is not None
        status, answer = self._trying(lambda: session.uid(command, *arguments))
        if status != "OK":
            raise BouncesUnavailableError(f"{self._settings.host} refused {command}. The next look tries again.")
        return answer

    def _trying(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except (OSError, imaplib.IMAP4.error) as error:
            where = f"{self._settings.host}:{self._settings.port}"
            raise BouncesUnavailableError(f"{where} could not be used by IMAP ({error}). What came back waits there.") from error
