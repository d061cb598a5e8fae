from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscribers.choices import Choices, Topic
from newsletter.subscribers.list_file import COLUMNS
from newsletter.subscribers.list_rows import ListedPerson, RowDefaults, RowError, read_row
from newsletter.subscribers.models import EndReason, SuppressionReason
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import Consent

NOW = datetime(2026, 11, 5, 15, 0, tzinfo=UTC)
CHOICES = Choices(("en", "es"), tuple(Topic(key, {}, {}) for key in ("tnbc", "trials")), {"2024-09": {}})
CONSENTED = {"consent_date": "2025-01-31", "consent_source": "paper", "consent_wording": "2024-09"}
ANA = {"email": "ana@example.org", "first_name": "Ana", "language": "es", **CONSENTED}


def read(row: dict[str, str], *, defaults: RowDefaults | None = None) -> ListedPerson:
    return read_row(row, choices=CHOICES, defaults=defaults or RowDefaults(), now=NOW)


def test_a_whole_row_becomes_a_person() -> None:
    assert read({**ANA, "topics": "tnbc;trials", "status": "active"}) == ListedPerson(
        contact=Contact("ana@example.org", "Ana"),
        language="es",
        topics=frozenset({"tnbc", "trials"}),
        consent=Consent("2024-09", "es", "paper", datetime(2025, 1, 31, tzinfo=UTC)),
        snoozed_until=None,
        ended=None,
        unknown_language=False,
        unknown_topics=0,
    )


@pytest.mark.parametrize("topics", ["tnbc,trials", "TNBC | Trials", "tnbc trials", ";tnbc;;trials;"])
def test_topics_may_be_separated_in_any_usual_way(topics: str) -> None:
    assert read({**ANA, "topics": topics}).topics == {"tnbc", "trials"}


def test_topics_that_are_not_offered_are_left_out_and_counted() -> None:
    person = read({**ANA, "topics": "tnbc;smoking;golf"})
    assert (person.topics, person.unknown_topics) == (frozenset({"tnbc"}), 2)


@pytest.mark.parametrize(
    ("written", "language", "unknown"),
    [("es", "es", False), ("es-MX", "es", False), ("EN_us", "en", False), ("", "en", False), ("fr", "en", True)],
)
def test_a_language_that_is_not_offered_becomes_the_first_and_is_counted(written: str, language: str, *, unknown: bool) -> None:
    person = read({**ANA, "language": written})
    assert (person.language, person.unknown_language) == (language, unknown)


@pytest.mark.parametrize(("until", "stored"), [("2027-01-01", date(2027, 1, 1)), ("2026-11-05", None), ("2025-01-01", None)])
def test_a_snooze_that_is_over_is_none(until: str, stored: date | None) -> None:
    assert read({**ANA, "status": "snoozed", "snoozed_until": until}).snoozed_until == stored


@pytest.mark.parametrize(
    ("reason", "ended", "suppression"),
    [
        ("", EndReason.IMPORTED, None),
        ("unsubscribed", EndReason.UNSUBSCRIBED, None),
        ("staff", EndReason.STAFF, None),
        ("Bounced", EndReason.BOUNCED, SuppressionReason.BOUNCED),
        ("complained", EndReason.COMPLAINED, SuppressionReason.COMPLAINED),
        ("died", EndReason.DIED, SuppressionReason.DIED),
    ],
)
def test_an_end_keeps_its_reason_and_some_forbid_the_address_for_ever(
    reason: str, ended: EndReason, suppression: SuppressionReason | None
) -> None:
    person = read({**ANA, "status": "ended", "ended_reason": reason})
    assert (person.ended, person.suppression) == (ended, suppression)


def test_an_address_that_came_back_counts_even_without_a_consent() -> None:
    person = read({"email": "ana@example.org", "status": "ended", "ended_reason": "bounced"})
    assert (person.consent, person.suppression) == (None, SuppressionReason.BOUNCED)


@pytest.mark.parametrize("missing", list(CONSENTED))
def test_nobody_is_taken_without_every_part_of_a_consent(missing: str) -> None:
    with pytest.raises(RowError, match="there is no consent"):
        read({**ANA, missing: ""})


def test_a_consent_that_the_whole_list_shares_fills_in_what_is_missing() -> None:
    defaults = RowDefaults(source="paper", wording="2024-09", at=datetime(2025, 5, 1, tzinfo=UTC))
    person = read({"email": "ana@example.org", "consent_source": "event"}, defaults=defaults)
    assert person.consent == Consent("2024-09", "en", "event", datetime(2025, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"email": "ana"}, "this is not an e-mail address"),
        ({"first_name": "Ana\x07"}, "the first name contains a character"),
        ({"status": "gone"}, "status is none of active, snoozed, ended"),
        ({"status": "ended", "ended_reason": "bored"}, "ended_reason is none of unsubscribed"),
        ({"ended_reason": "bounced"}, "its status is not ended"),
        ({"status": "snoozed"}, "snoozed_until is empty"),
        ({"snoozed_until": "soon"}, "snoozed_until is no day"),
        ({"consent_date": "31.01.2025"}, "consent_date is no day"),
        ({"consent_date": "2026-11-06"}, "consent_date is in the future"),
        ({"consent_wording": "1999"}, "consent_wording is not in subscribers/consent.toml"),
        ({"consent_source": "x" * 41}, "consent_source is longer than 40"),
        ({"consent_source": "form\x00"}, "cannot be printed"),
    ],
)
def test_a_row_that_cannot_be_stored_says_why(changed: dict[str, str], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        read({**ANA, **changed})


def test_everything_that_is_wrong_with_a_row_is_said_at_once() -> None:
    with pytest.raises(RowError) as wrong:
        read({"email": "ana", "first_name": "A" * 81, "status": "gone", "snoozed_until": "soon"})
    assert len(str(wrong.value).split("; also: ")) == 5


@given(row=st.dictionaries(st.sampled_from(list(COLUMNS)), st.text(max_size=30)))
def test_a_hostile_row_is_a_person_or_a_reason_that_repeats_no_cell(row: dict[str, str]) -> None:
    reason = ""
    try:
        read({**CONSENTED, **row})
    except RowError as wrong:
        reason = str(wrong)
    assert not any(cell in reason for cell in row.values() if "@" in cell or len(cell) > 12)
