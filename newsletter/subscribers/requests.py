"""What strangers ask for on public forms: pages write it down, and it is looked at afterwards (docs/adr/0019).

A page does the same for every address: it writes one row and answers. Whether the address is known is found out here, a moment
later and by somebody else, so that neither the words of a page nor its time tell it. What is found out is told by mail, to the
address.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from newsletter.errors import KeyMissingError, NewsletterError, NotAllowedError, SealError
from newsletter.postbox.posting import row_seal
from newsletter.subscribers.answering import answer_lost_link, answer_sign_up, mails_caused
from newsletter.subscribers.installation import config, sealer
from newsletter.subscribers.models import ReaderRequest, RequestKind

log = structlog.get_logger()

PURPOSE: Final = b"reader request"

AN_HOUR: Final = timedelta(hours=1)

AT_A_TIME: Final = 100
"""Their mails are sent when they are done: the first of a crowd does not wait for the last."""

TOO_MANY: Final = (
    "the public forms have caused as many mails within an hour as [sign_up] mails_an_hour allows; what else was asked for waits. "
    "docs/runbook.md, “The sign-up form is being abused”, says what to look at."
)


class HourlyWarning:
    """Says at most once an hour that a network asks too often: whoever floods a form is not to flood the log."""

    def __init__(self) -> None:
        self._said_at: datetime | None = None

    def say(self, limit: int, *, now: datetime) -> None:
        """Say it, unless it was said within the hour."""
        if self._said_at is None or abs(now - self._said_at) >= AN_HOUR:
            self._said_at = now
            log.warning(
                "public forms are used too often from one network",
                per_network_an_hour=limit,
                hint="does a proxy stand before this server? See docs/runbook.md, “The sign-up form is being abused”",
            )


_too_often = HourlyWarning()


def write_request(kind: RequestKind, values: Sequence[str], *, network: bytes, language: str, now: datetime) -> None:
    """Write down what somebody asked for; ``values`` begin with the address, as ``parse_address`` gives it.

    Of a network that asks too often nothing more is written. The log says so, at most once an hour.
    """
    limit = config().sign_up.per_network_an_hour
    if ReaderRequest.objects.filter(network=network, asked_at__gt=now - AN_HOUR)[:limit].count() >= limit:
        _too_often.say(limit, now=now)
        return
    key = secrets.token_hex(16)
    ReaderRequest.objects.create(
        key=key,
        kind=kind,
        lookup=sealer().lookup(values[0]),
        network=network,
        content=row_seal().seal(list(values), purpose=PURPOSE, row=key.encode()),
        language=language,
        asked_at=now,
    )


def handle_requests(*, now: datetime) -> int:
    """Look at what was asked for and not looked at yet, in order, at most 100 at a time; give how many of those are done.

    Each has a transaction of its own, in which its mail is posted and its content forgotten: a crash mails nobody twice and
    forgets nobody. Two processes at once are harmless: of two requests for one address the later one waits for the earlier.

    What cannot be done now, because a key or a template is missing, does not hold up the others and is tried again with the next
    look. Raises the NewsletterError of the last such, when all others are done; and NotAllowedError where public forms have
    caused so many mails within the hour that somebody has to look: the rest waits for its turn.
    """
    if not _first_in_line().exists():
        return 0
    done, last, problem = 0, 0, None
    room = config().sign_up.mails_an_hour - mails_caused(since=now - AN_HOUR)
    if room <= 0:
        raise NotAllowedError(TOO_MANY)
    while done < min(room, AT_A_TIME) and _first_in_line().filter(pk__gt=last).exists():
        try:
            with transaction.atomic():
                row = _first_in_line().filter(pk__gt=last).select_for_update(skip_locked=True).first()
                if row is None:
                    break
                last = row.pk
                _answer(row, now=now)
                ReaderRequest.objects.filter(pk=row.pk).update(handled_at=now, content=b"")
                done += 1
        except NewsletterError as error:
            problem = error
    if problem is not None:
        raise problem
    return done


def give_up_requests(*, now: datetime) -> int:
    """Answer nothing of what waits, and forget it; give how many those were: in an old copy of the database they may be done."""
    return ReaderRequest.objects.filter(handled_at__isnull=True).update(handled_at=now, content=b"")


def _first_in_line() -> QuerySet[ReaderRequest]:
    """Find the requests that wait, and for whose address none waits that is older: the first one's mail counts for the second."""
    waiting = ReaderRequest.objects.filter(handled_at__isnull=True)
    older = waiting.filter(lookup=OuterRef("lookup"), pk__lt=OuterRef("pk"))
    return waiting.filter(~Exists(older)).order_by("pk")


def _answer(row: ReaderRequest, *, now: datetime) -> None:
    try:
        values = row_seal().open(row.content, purpose=PURPOSE, row=row.key.encode())
    except KeyMissingError:
        raise
    except SealError:
        log.warning("request does not open and is given up", request=row.key)
        return
    if row.kind == RequestKind.SIGN_UP:
        address, first_name, wording = values
        answer_sign_up(address, first_name, wording, lookup=bytes(row.lookup), language=row.language, now=now)
    else:
        answer_lost_link(lookup=bytes(row.lookup), now=now)
