"""Cases for the rules about events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from newsletter.checking.report import Draft
from tests.unit.checking.cases import Cases
from tests.unit.checking.drafts import block, written


def _event(start: datetime, *, sent_on: date = date(2026, 12, 1), place: str = "Online", url: str = "") -> Draft:
    fields = {"start": start, "until": None, "title": "A talk", "place": place, "url": url}
    return replace(written("Text.", block("event", fields)), sent_on=sent_on)


NEW_YORK, AUCKLAND = ZoneInfo("America/New_York"), ZoneInfo("Pacific/Auckland")

CASES: Mapping[str, Cases] = {
    "event-past": Cases(
        fails=[
            _event(datetime(2026, 11, 30, 23, 59, tzinfo=NEW_YORK)),
            _event(datetime(2026, 12, 1, 23, tzinfo=NEW_YORK), sent_on=date(2026, 12, 2)),
        ],
        passes=[
            _event(datetime(2026, 12, 1, 0, 0, tzinfo=NEW_YORK)),
            _event(datetime(2026, 12, 1, 1, 0, tzinfo=AUCKLAND)),
            written("Text.", block("event", {"start": "soon"})),
        ],
    ),
    "event-without-place": Cases(
        fails=[_event(datetime(2026, 12, 8, 18, tzinfo=NEW_YORK), place="")],
        passes=[
            _event(datetime(2026, 12, 8, 18, tzinfo=NEW_YORK)),
            _event(datetime(2026, 12, 8, 18, tzinfo=NEW_YORK), place="", url="https://example.org"),
            written("Text.", block("callout")),
        ],
    ),
}
