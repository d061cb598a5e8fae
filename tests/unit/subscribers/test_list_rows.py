from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import AddressError
from newsletter.subscribers.addresses import parse_address
from newsletter.subscribers.lists.formats import (
    OWN,
    PLAIN,
)
from newsletter.subscribers.lists.rows import ListedPerson, RowDefaults, RowError
from newsletter.subscribers.models import EndReason, SuppressionReason
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import Consent
from tests.unit.subscribers.rows_to_read import ANA, CONSENTED, read


def test_a_whole_row_becomes_a_person() -> None:
    assert read({**ANA, "topics": "tnbc;trials", "status": "active"}) == ListedPerson(
        contact=Contact("ana@example.org", "Ana"),
        language="es",
        topics=("tnbc", "trials"),
        consent=Consent("2024-09", "es", "paper", datetime(2025, 1, 31, tzinfo=UTC)),
        snoozed_until=None,
        ended=None,
        unknown_language=False,
        unknown_topics=0,
    )


@pytest.mark.parametrize("topics", ["tnbc,trials", "TNBC | Trials", "tnbc trials", ";tnbc;;trials;"])
def test_topics_may_be_separated_in_any_usual_way(topics: str) -> None:
    assert read({**ANA, "topics": topics}).topics == ("tnbc", "trials")


def test_topics_that_are_not_offered_are_left_out_and_counted() -> None:
    person = read({**ANA, "topics": "tnbc;smoking;golf"})
    assert (person.topics, person.unknown_topics) == (("tnbc",), 2)


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


def test_who_has_left_counts_whatever_else_is_wrong_with_their_line() -> None:
    person = read({**ANA, "status": "ended", "snoozed_until": "soon", "consent_date": "soon", "first_name": "\x07"})
    assert (person.ended, person.snoozed_until, person.consent) == (EndReason.IMPORTED, None, None)


def test_an_address_that_came_back_counts_even_without_a_consent() -> None:
    person = read({"email": "ana@example.org", "status": "ended", "ended_reason": "bounced"})
    assert (person.consent, person.suppression) == (None, SuppressionReason.BOUNCED)


@pytest.mark.parametrize("missing", list(CONSENTED))
def test_a_consent_without_every_part_is_none(missing: str) -> None:
    assert read({**ANA, missing: ""}).consent is None


def test_a_consent_that_the_whole_list_shares_fills_in_what_is_missing() -> None:
    defaults = RowDefaults(source="paper", wording="2024-09", at=datetime(2025, 5, 1, tzinfo=UTC))
    person = read({"email": "ana@example.org", "consent_source": "event"}, defaults=defaults)
    assert person.consent == Consent("2024-09", "en", "event", datetime(2025, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"email": "ana"}, "this is not an e-mail address"),
        ({"status": "gone"}, "status is none of subscribed, active, snoozed, ended"),
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
        read({"email": "ana", "status": "gone", "snoozed_until": "soon", "consent_date": "soon"})
    assert len(str(wrong.value).split("; also: ")) == 4


@given(row=st.dictionaries(st.sampled_from(list(PLAIN.columns)), st.text(max_size=30)))
def test_a_hostile_row_is_a_person_or_a_reason_that_repeats_no_cell(row: dict[str, str]) -> None:
    reason = ""
    try:
        read({**CONSENTED, **row})
    except RowError as wrong:
        reason = str(wrong)
    assert not any(cell in reason for cell in row.values() if "@" in cell or len(cell) > 12)


@pytest.mark.parametrize(
    "name",
    [
        "Ana\x07",
        "A" * 81,
        "http://spam.example",
        "Win money at spam.example",
        "ana@spam.example",
        "\u202eanA",
        "www.spam.example",
    ],
)
def test_a_name_that_could_harm_a_mail_is_left_out_and_the_person_kept(name: str) -> None:
    person = read({**ANA, "first_name": name})
    assert (person.contact.first_name, person.nameless) == ("", True)


@pytest.mark.parametrize("name", ["<b>Ana", "{{first_name}}", "O'Hara", "Ana María", "王", "J. R."])
def test_a_name_is_kept_as_people_write_it(name: str) -> None:
    assert read({**ANA, "first_name": name}).contact.first_name == name


def test_an_apostrophe_that_an_export_put_before_a_cell_is_taken_away_again() -> None:
    row = {**ANA, "email": "'+ana@example.org", "first_name": "'-Ana"}
    assert read(row, written_by=OWN).contact == Contact("+ana@example.org", "-Ana")
    assert read(row).contact == Contact("'+ana@example.org", "'-Ana")


def test_moments_of_an_own_export_are_kept() -> None:
    row = {**ANA, "status": "ended", "ended_reason": "staff", "started_at": "2025-02-01T00:00:00+00:00"}
    person = read({**row, "ended_at": "2026-01-01T09:30:00+00:00", "consent_language": "en"}, written_by=OWN)
    assert (person.started_at, person.ended_at) == (datetime(2025, 2, 1, tzinfo=UTC), datetime(2026, 1, 1, 9, 30, tzinfo=UTC))
    assert person.consent is not None
    assert (person.language, person.consent.language) == ("es", "en")


@given(
    text=st.emails()
    | st.text(max_size=40)
    | st.from_regex(r"[a-z\"' .]{1,8}@[a-z\u00fc\u0435.-]{1,12}\.(org|test)", fullmatch=True)
)
def test_a_list_takes_the_addresses_that_a_form_takes_and_no_other(text: str) -> None:
    try:
        taken = parse_address(text)
    except AddressError:
        with pytest.raises(RowError, match="not an e-mail address"):
            read({**CONSENTED, "email": text})
    else:
        assert read({**CONSENTED, "email": text}).contact.address == taken
