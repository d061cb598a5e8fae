from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.subscribers.lists.formats import (
    CONSTANT_CONTACT,
    LISTMONK,
    MAILCHIMP,
    PLAIN,
    ListFormat,
    ListStanding,
    Status,
    heading,
)
from newsletter.subscribers.lists.rows import WORDED_ELSEWHERE, RowDefaults, RowError, RowReader
from newsletter.subscribers.models import EndReason
from newsletter.subscribers.subscribing import Consent
from tests.unit.subscribers.rows_to_read import CHOICES, NOW, read

SUBSCRIBED_THERE = {"Email Address": "ana@example.org", "First Name": "Ana", "LEID": "1", "EUID": "a"}
DOUBLE = {"OPTIN_TIME": "2024-02-01 10:00:00", "CONFIRM_TIME": "2024-02-01 10:07:12"}


def test_a_confirmed_sign_up_at_mailchimp_is_a_consent_of_that_moment() -> None:
    person = read({**SUBSCRIBED_THERE, **DOUBLE}, written_by=MAILCHIMP, status=ListStanding.ACTIVE)
    confirmed = datetime(2024, 2, 1, 10, 7, 12, tzinfo=UTC)
    assert person.consent == Consent(WORDED_ELSEWHERE, "en", "import:mailchimp", confirmed)


@pytest.mark.parametrize(
    "times",
    [
        {"OPTIN_TIME": "", "CONFIRM_TIME": "2024-02-01 10:07:12"},
        {"OPTIN_TIME": "2024-02-01 10:00:00", "CONFIRM_TIME": ""},
        {"OPTIN_TIME": "2024-02-01 10:00:00", "CONFIRM_TIME": "2024-02-01 10:00:00"},
        {"OPTIN_TIME": "2024-02-01 10:00:00", "CONFIRM_TIME": "2027-02-01 10:00:00"},
        {"OPTIN_TIME": "soon", "CONFIRM_TIME": "later"},
    ],
    ids=["imported there", "one step", "one step, both times", "in the future", "no times"],
)
def test_what_anybody_could_have_typed_for_somebody_else_is_no_consent(times: dict[str, str]) -> None:
    row = {**SUBSCRIBED_THERE, **times}
    assert read(row, written_by=MAILCHIMP, status=ListStanding.ACTIVE).consent is None


def test_the_publishers_word_makes_a_sign_up_in_one_step_a_consent() -> None:
    word = RowDefaults(source="form", wording="2024-09")
    row = {**SUBSCRIBED_THERE, "OPTIN_TIME": "2024-02-01 10:00:00"}
    person = read(row, written_by=MAILCHIMP, status=ListStanding.ACTIVE, defaults=word)
    assert person.consent == Consent("2024-09", "en", "form", datetime(2024, 2, 1, 10, 0, tzinfo=UTC))
    assert read(SUBSCRIBED_THERE, written_by=MAILCHIMP, status=ListStanding.ACTIVE, defaults=word).consent is None


def test_the_publishers_day_counts_only_where_the_list_says_none() -> None:
    word = RowDefaults(source="form", wording="2024-09", at=datetime(2020, 1, 1, tzinfo=UTC))
    rows: list[dict[str, str]] = [{}, {"OPTIN_TIME": "2024-02-01 10:00:00"}, DOUBLE]
    people = [read({**SUBSCRIBED_THERE, **row}, written_by=MAILCHIMP, status=ListStanding.ACTIVE, defaults=word) for row in rows]
    moments = [person.consent.at for person in people if person.consent]
    assert moments == [
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2024, 2, 1, 10, 0, tzinfo=UTC),
        datetime(2024, 2, 1, 10, 7, 12, tzinfo=UTC),
    ]


CC = {"Email address": "ana@example.org", "First name": "Ana", "Email status": "Active", "Email permission status": "Express"}


@pytest.mark.parametrize(
    ("written_by", "row", "status", "ended"),
    [
        (MAILCHIMP, SUBSCRIBED_THERE, EndReason.UNSUBSCRIBED, EndReason.UNSUBSCRIBED),
        (MAILCHIMP, SUBSCRIBED_THERE, EndReason.BOUNCED, EndReason.BOUNCED),
        (MAILCHIMP, {**SUBSCRIBED_THERE, "UNSUB_REASON": "SPAM"}, EndReason.UNSUBSCRIBED, EndReason.COMPLAINED),
        (MAILCHIMP, {**SUBSCRIBED_THERE, "UNSUB_REASON": "NORMAL"}, EndReason.UNSUBSCRIBED, EndReason.UNSUBSCRIBED),
        (MAILCHIMP, {**SUBSCRIBED_THERE, "UNSUB_TIME": "2024-01-01 00:00:00"}, None, EndReason.UNSUBSCRIBED),
        (MAILCHIMP, {**SUBSCRIBED_THERE, "CLEAN_TIME": "2024-01-01 00:00:00"}, None, EndReason.BOUNCED),
        (CONSTANT_CONTACT, CC, None, None),
        (CONSTANT_CONTACT, {**CC, "Email status": "Unsubscribed"}, None, EndReason.UNSUBSCRIBED),
        (CONSTANT_CONTACT, {**CC, "Email permission status": "Unsubscribed"}, None, EndReason.UNSUBSCRIBED),
        (CONSTANT_CONTACT, {**CC, "Confirmed Opt-Out Date": "2022-03-04 10:00:00 -0500"}, None, EndReason.UNSUBSCRIBED),
        (CONSTANT_CONTACT, {**CC, "Email status": "Bounced"}, None, EndReason.BOUNCED),
        (LISTMONK, {"email": "ana@example.org", "status": "enabled"}, None, None),
        (LISTMONK, {"email": "ana@example.org", "status": "disabled"}, None, EndReason.IMPORTED),
        (LISTMONK, {"email": "ana@example.org", "status": "blocklisted"}, None, EndReason.IMPORTED),
        (PLAIN, {"email": "ana@example.org", "status": "unsubscribed"}, None, EndReason.UNSUBSCRIBED),
    ],
)
def test_who_left_there_has_left(
    written_by: ListFormat, row: dict[str, str], status: Status | None, ended: EndReason | None
) -> None:
    reader = RowReader(written_by, status=status, choices=CHOICES, defaults=RowDefaults(), now=NOW)
    assert read(row, written_by=written_by, status=status).ended == ended
    assert reader.left({written_by.columns.get(heading(name)): cell for name, cell in row.items()}) == (ended is not None)


@pytest.mark.parametrize("status", ["", "Awaiting Confirmation", "No Permissions Set"])
def test_who_never_said_yes_there_is_neither_taken_in_nor_asked(status: str) -> None:
    with pytest.raises(RowError, match="never said yes"):
        read({**CC, "Email status": status}, written_by=CONSTANT_CONTACT)


def test_a_status_that_nobody_knows_lets_nobody_be_mailed() -> None:
    with pytest.raises(RowError, match="status is none of"):
        read({**CC, "Email status": "Gold member"}, written_by=CONSTANT_CONTACT)


@pytest.mark.parametrize(
    ("attributes", "language", "topics"),
    [
        ('{"lang": "es", "topics": ["tnbc", "golf"]}', "es", ("tnbc",)),
        ('{"city": "Lima"}', "en", ()),
        ("{not json", "en", ()),
        ("[1]", "en", ()),
    ],
)
def test_listmonks_attributes_are_read_where_they_say_something(attributes: str, language: str, topics: tuple[str, ...]) -> None:
    row = {"email": "ana@example.org", "name": "Ana María Pérez", "status": "enabled", "attributes": attributes}
    person = read(row, written_by=LISTMONK)
    assert (person.language, person.topics, person.contact.first_name) == (language, topics, "Ana")
