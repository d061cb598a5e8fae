"""Calls that can be called back: named by SendGrid, written down before they are made, and not made when that comes too late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from newsletter.delivery.provider_calls import CallNotNotedError
from newsletter.delivery.transports.port import AnswerKind
from newsletter.delivery.transports.sendgrid import SEND_AHEAD
from newsletter.errors import TransportError
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letters
from tests.integration.delivery.recording_sendgrid import RecordingSendgrid, posting_to
from tests.integration.delivery.test_sendgrid import refusing, transport

NOW = 1_000.0


class Notes:
    """What was written down, and what SendGrid had been told by then."""

    def __init__(self, service: RecordingSendgrid, *, then: Callable[[], None] = lambda: None) -> None:
        self._service = service
        self._then = then
        self.calls: list[tuple[str, float, tuple[int, ...], int]] = []

    async def __call__(self, delivery_ids: Sequence[int], *, ref: str, send_at: float) -> None:
        self.calls.append((ref, send_at, tuple(delivery_ids), len(self._service.requests)))
        self._then()


def send(service: RecordingSendgrid, count: int, notes: Notes, **settings: Any) -> dict[int, AnswerKind]:
    with posting_to(service):
        opened = transport(service, in_doubt="cancel", **settings)
        opened.note_call = notes
        return {letter.delivery_id: answer.kind for letter, answer in deliver(opened, letters(count), problems=[])}


def test_each_call_has_a_name_of_its_own_and_is_written_down_before_it_is_made() -> None:
    service = RecordingSendgrid()
    notes = Notes(service)
    assert set(send(service, 2_500, notes).values()) == {AnswerKind.ACCEPTED}
    assert [told for *_, told in notes.calls] == [0, 1, 2]
    assert [body["batch_id"] for body in service.requests] == [ref for ref, *_ in notes.calls]
    assert len({ref for ref, *_ in notes.calls}) == 3
    assert {(send_at, body["send_at"]) for (_, send_at, *_), body in zip(notes.calls, service.requests, strict=True)} == {
        (NOW + SEND_AHEAD, NOW + SEND_AHEAD)
    }
    assert [len(ids) for _, _, ids, _ in notes.calls] == [1_000, 1_000, 500]
    assert {mail.arguments["call"] for mail in service.mails} == {ref for ref, *_ in notes.calls}


def test_part_of_a_call_that_was_split_has_a_name_of_its_own() -> None:
    service = refusing(3)
    notes = Notes(service)
    send(service, 10, notes)
    refs = [body["batch_id"] for body in service.requests]
    assert len(set(refs)) == len(refs) > 2
    assert [ref for ref, *_ in notes.calls] == refs
    for (_, _, ids, _), body in zip(notes.calls, service.requests, strict=True):
        assert {f"reader{number}@example.org" for number in ids} == {one["to"][0]["email"] for one in body["personalizations"]}


def test_what_cannot_be_written_down_is_not_posted() -> None:
    service = RecordingSendgrid()

    def refuse() -> None:
        raise CallNotNotedError("its batch is in other hands")

    assert set(send(service, 5, Notes(service, then=refuse)).values()) == {AnswerKind.NOT_SENT}
    assert service.requests == []


def test_whoever_stood_still_after_writing_it_down_does_not_post_any_more() -> None:
    service = RecordingSendgrid()
    clock = [NOW]
    notes = Notes(service, then=lambda: clock.__setitem__(0, NOW + 61))
    with posting_to(service):
        opened = transport(service, in_doubt="cancel", now=lambda: clock[0])
        opened.note_call = notes
        answers = deliver(opened, letters(5))
    assert {answer.kind for _, answer in answers} == {AnswerKind.NOT_SENT}
    assert service.requests == []


def test_without_a_name_for_the_call_nothing_is_sent_and_it_says_so() -> None:
    service = RecordingSendgrid(refuse=lambda _method, _path: (403, {}, {}))
    notes, problems = Notes(service), list[TransportError]()
    with posting_to(service):
        opened = transport(service, in_doubt="cancel")
        opened.note_call = notes
        answers = deliver(opened, letters(5), problems=problems)
    assert {answer.kind for _, answer in answers} == {AnswerKind.NOT_SENT}
    assert "API key" in str(problems[0])
    assert not notes.calls
    assert not service.requests


def test_mail_that_nobody_writes_down_leaves_at_once() -> None:
    """Service mails and test mails: nobody waits half an hour for a confirmation."""
    service = RecordingSendgrid()
    with posting_to(service):
        deliver(transport(service, in_doubt="cancel"), letters(2))
    [body] = service.requests
    assert not {"send_at", "batch_id"} & set(body)
    assert {"call"} & set(body["personalizations"][0]["custom_args"]) == set()
