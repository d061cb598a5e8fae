from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.service_lane import ServiceLane
from newsletter.delivery.transports.port import Answer, AnswerKind, AnswerSink
from newsletter.errors import TransportError
from tests.contract.delivery.samples import letter, letter_form

FORM = letter_form()
TAKEN = Answer(AnswerKind.ACCEPTED)


@dataclass
class Lane:
    """A transport of one lane; ``after`` is what happens once it has answered."""

    after: Callable[[], None] = lambda: None
    silent: bool = False
    pause: float = 0
    name: str = "lane"
    lanes: int = 1
    group: int = 1
    batches_at_once: int = 1

    async def run_lane(self, bag: Mailbag, *, answer: AnswerSink) -> None:
        while letters := await bag.take(1):
            if not self.silent:
                answer(letters[0], TAKEN)
            await asyncio.sleep(self.pause)
            self.after()


def gone() -> None:
    raise TransportError("The server has gone.")


def broken() -> None:
    raise ZeroDivisionError


def test_one_letter_after_the_other_is_answered_over_one_lane() -> None:
    with ServiceLane(Lane()) as lane:
        assert [lane.hand_over(letter(number, FORM)) for number in (1, 2, 3)] == [TAKEN] * 3
    assert lane.problem == ""


def test_a_transport_that_cannot_work_says_why_with_the_answer() -> None:
    with ServiceLane(Lane(after=gone)) as lane:
        assert lane.hand_over(letter(1, FORM)) == TAKEN
        assert lane.problem == "The server has gone."


def test_a_lane_that_ends_before_it_takes_a_letter_has_not_sent_it() -> None:
    """It says so late, between two letters: what was not taken is not in doubt."""
    with ServiceLane(Lane(after=gone, pause=0.02)) as lane:
        assert lane.hand_over(letter(1, FORM)) == TAKEN
        assert lane.problem == ""
        assert lane.hand_over(letter(2, FORM)).kind is AnswerKind.NOT_SENT
        assert lane.problem == "The server has gone."


def test_a_letter_that_was_taken_and_never_answered_is_unknown() -> None:
    with ServiceLane(Lane(after=gone, silent=True)) as lane:
        assert lane.hand_over(letter(1, FORM)).kind is AnswerKind.UNKNOWN


def test_a_letter_to_no_address_never_reaches_the_transport() -> None:
    with ServiceLane(Lane(after=broken)) as lane:
        assert lane.hand_over(letter(1, FORM, address="no body@example.org")).kind is AnswerKind.FINAL


def test_a_mistake_of_the_programs_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), ServiceLane(Lane(after=broken)) as lane:
        lane.hand_over(letter(1, FORM))
