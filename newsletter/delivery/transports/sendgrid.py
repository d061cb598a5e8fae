"""Mail by SendGrid's v3 API: one call for up to 1,000 people of one edition.

The API knows no idempotency key and dispatches every POST, so a call whose answer is lost is never repeated: its letters are
unknown until SendGrid's events, its log, or the cancelling of that call settle them (docs/adr/0014).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx
import orjson

from newsletter.delivery.letters import Letter, LetterForm
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.transports.port import Answer, AnswerGroup, AnswerKind, AnswerSink, NoteCall
from newsletter.delivery.transports.sendgrid_client import NEVER_SENT, HeldTooLongError, SendgridClient, seconds_to_wait
from newsletter.delivery.transports.sendgrid_group import Addressed, GroupDelivery, Refusal
from newsletter.delivery.transports.sendgrid_limits import (
    MOST_BYTES,
    MOST_PERSONALIZATIONS,
    fault_of_send_at,
    faults_of_categories,
    faults_of_constant,
    telling_categories,
)
from newsletter.delivery.transports.sendgrid_request import MOST_CHARACTERS, Schedule, SendgridForm
from newsletter.errors import NewsletterError, SettingsError, TransportError
from newsletter.settings import SendgridSettings

SEND_AHEAD: Final = 1_800
"""Seconds between a call that can be cancelled and its ``send_at``: SendGrid cancels until ten minutes before that."""

LONGEST_BEFORE_POST: Final = 60.0
"""Seconds after which a noted call is not made any more: its ``send_at`` would come too soon."""

BATCH_IDS_AT_ONCE: Final = 4
"""Names for calls, asked for ahead; they cost nothing when they are not used."""

LOOKED_AT_TOGETHER: Final = 25
"""Letters whose values are looked at together; where one of them is unusual, each is looked at alone."""

NOT_AT_PRESENT: Final = Answer(AnswerKind.NOT_SENT, "SendGrid cannot be used at present")

Answers = Sequence[tuple[Sequence[Letter], Answer]]
"""Which letters got which answer."""

Note = Callable[[Sequence[int], Schedule], None]
"""Stores in the ledger which deliveries a call is about to carry; returns when that is committed."""


class SendgridTransport:
    """Posts groups of letters over ``connections`` kept-alive connections, each with a thread of its own."""

    name = "sendgrid"
    group = MOST_PERSONALIZATIONS

    def __init__(self, settings: SendgridSettings, *, topics: Collection[str] = (), now: Callable[[], float] = time.time) -> None:
        """``topics`` are the newsletter's: no category may be one. Raises TransportError without a key, SettingsError."""
        _require_harmless(settings.categories, topics)
        SendgridClient(settings).close()
        self._settings = settings
        self._topics = topics
        self._now = now
        self._forms: dict[LetterForm, SendgridForm] = {}
        self._closed_until = 0.0
        self.notes_calls = settings.in_doubt == "cancel"
        self.note_call: NoteCall | None = None
        self.answer_group: AnswerGroup | None = None
        self.lanes = settings.connections
        # What is marked and waits is unknown after a crash, unless the ledger knows that it was in no call yet: only then is the
        # next batch marked while calls are under way.
        self.batches_at_once = settings.connections + self.notes_calls

    async def run_lane(self, bag: Mailbag, *, answer: AnswerSink) -> None:
        """Post groups until the bag is empty; raises TransportError when SendGrid cannot be reached or refuses our key."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="sendgrid") as thread, SendgridClient(self._settings) as client:
            lane = _Lane(client, self._now, self._note(loop), bag.is_ours)
            while letters := await bag.take(self.group):
                answers = await loop.run_in_executor(thread, self._deliver, lane, letters)
                for answered, given in answers:
                    if self.answer_group is not None:
                        self.answer_group(answered, given)
                    else:
                        for letter in answered:
                            answer(letter, given)
                if lane.problem:
                    raise TransportError(lane.problem)

    def _deliver(self, lane: _Lane, letters: Sequence[Letter]) -> Answers:
        form = self._form(letters[0].form)
        if fault := self._fault_of(form):
            lane.problem = f"SendGrid would find fault with the mail itself: {fault}. Correct it; sending goes on by itself."
            return [(letters, NOT_AT_PRESENT)]
        answers, addressed = _addressed(form, letters)
        delivery = GroupDelivery(lambda group: self._post(lane, form, group))
        delivery.deliver(addressed)
        return [*answers, *delivery.answers]

    def _post(self, lane: _Lane, form: SendgridForm, group: Sequence[Addressed]) -> Answer | Refusal:
        wait = self._closed_until - self._now()
        if wait > 0 and not lane.problem:
            return Answer(AnswerKind.THROTTLED, "SendGrid 429", retry_after=wait)
        found = lane.post(form, group)
        if isinstance(found, Answer) and found.kind is AnswerKind.THROTTLED and found.retry_after:
            self._closed_until = self._now() + found.retry_after
        return found

    def _note(self, loop: asyncio.AbstractEventLoop) -> Note | None:
        note_call = self.note_call
        if note_call is None or not self.notes_calls:
            return None

        def note(delivery_ids: Sequence[int], schedule: Schedule) -> None:
            noting = note_call(delivery_ids, ref=schedule.batch_id, send_at=schedule.send_at)
            asyncio.run_coroutine_threadsafe(noting, loop).result()

        return note

    def _form(self, form: LetterForm) -> SendgridForm:
        known = self._forms.get(form)
        if known is None:
            known = self._forms.setdefault(form, SendgridForm(form, self._settings.sandbox, self._settings.categories))
        return known

    def _fault_of(self, form: SendgridForm) -> str:
        """Say what is wrong with all mails of a form; empty when nothing is."""
        if form.fault is None:
            edition, headers = form.form.edition, form.form.headers
            faults = faults_of_constant(form.constant)
            if form.is_for_list:
                topics, names = {*self._topics, *edition.topics}, [headers.from_name]
                telling = telling_categories(self._settings.categories, topics=topics, subject=edition.subject, names=names)
                faults += [f"the category {category!r} says what the issue is about" for category in telling]
            form.fault = "; ".join(faults)
        return form.fault


class _Lane:
    """One connection's calls. ``problem`` says what keeps SendGrid from working at all."""

    def __init__(
        self, client: SendgridClient, now: Callable[[], float], note: Note | None, is_ours: Callable[[Letter], bool]
    ) -> None:
        self._client = client
        self._is_ours = is_ours
        self._now = now
        self._note = note
        self._batch_ids: list[str] = []
        self.problem = ""

    def post(self, form: SendgridForm, group: Sequence[Addressed]) -> Answer | Refusal:
        """Make one call for a group."""
        if self.problem:
            return NOT_AT_PRESENT
        schedule = None
        if self._note is not None:
            try:
                schedule = Schedule(self._next_batch_id(), int(self._now()) + SEND_AHEAD)
            except TransportError as error:
                return self._stop(str(error))
            if fault := fault_of_send_at(schedule.send_at, now=self._now()):
                return self._stop(fault)
        body = form.body([personalization for _, personalization in group], schedule)
        if len(body) >= MOST_BYTES:
            return Refusal("too large for SendGrid")
        if schedule is not None and (fault := self._write_down(group, schedule)):
            return Answer(AnswerKind.NOT_SENT, fault)
        return self._send(group, body)

    def _next_batch_id(self) -> str:
        """Give a name that no call had: also a call that was refused keeps its own."""
        if not self._batch_ids:
            self._batch_ids = [self._client.make_batch_id() for _ in range(BATCH_IDS_AT_ONCE)]
        return self._batch_ids.pop()

    def _write_down(self, group: Sequence[Addressed], schedule: Schedule) -> str:
        """Store the call before it is made; say why it must not be made, if so."""
        assert self._note is not None
        try:
            self._note([letter.delivery_id for letter, _ in group], schedule)
        except NewsletterError as error:
            return str(error)
        # Whoever stood still in between may have been given up, and the call cancelled or its moment near.
        late = self._now() - (schedule.send_at - SEND_AHEAD) > LONGEST_BEFORE_POST
        return "too late for its call" if late else ""

    def _send(self, group: Sequence[Addressed], body: bytes) -> Answer | Refusal:
        try:
            response = self._client.post_mail(body, is_ours=lambda: all(self._is_ours(letter) for letter, _ in group))
        except HeldTooLongError as error:
            return Answer(AnswerKind.NOT_SENT, str(error))
        except NEVER_SENT as error:
            return self._stop(f"SendGrid cannot be reached ({error}). It is tried again later.")
        except httpx.RequestError:
            return Answer(AnswerKind.UNKNOWN, "SendGrid's answer was lost")
        return self._read(group, response)

    def _read(self, group: Sequence[Addressed], response: httpx.Response) -> Answer | Refusal:
        code = response.status_code
        if code in {200, 202}:  # 200 is the sandbox's yes
            return Answer(AnswerKind.ACCEPTED)
        if code == 429:
            return Answer(AnswerKind.THROTTLED, "SendGrid 429", retry_after=seconds_to_wait(response, now=self._now()))
        fields = _faulty_fields(response) if code == 400 else []
        if fields and not any(map(_is_about_a_person, fields)):
            return self._stop(
                f"SendGrid finds fault with the mail itself ({', '.join(fields)}). Correct it; sending goes on by itself."
            )
        if code in {400, 413}:
            return Refusal(f"SendGrid {code}", _positions(fields, len(group)))
        if 300 <= code < 500:
            return self._stop(
                f"SendGrid refuses our calls ({code}). Check the API key and its rights, and delivery.sendgrid.host."
            )
        return Answer(AnswerKind.UNKNOWN, f"SendGrid {code}")

    def _stop(self, problem: str) -> Answer:
        self.problem = problem
        return NOT_AT_PRESENT


def _addressed(form: SendgridForm, letters: Sequence[Letter]) -> tuple[Answers, list[Addressed]]:
    """Write everybody's part; give an answer for those who can have none."""
    answers: list[tuple[Sequence[Letter], Answer]] = []
    addressed: list[Addressed] = []
    for start in range(0, len(letters), LOOKED_AT_TOGETHER):
        some = letters[start : start + LOOKED_AT_TOGETHER]
        plain = form.plain_personalizations(some)
        if plain and len(max(plain, key=len)) < MOST_CHARACTERS:
            addressed += zip(some, plain, strict=True)
        else:
            _address_one_by_one(form, some, addressed, answers)
    return answers, addressed


def _address_one_by_one(
    form: SendgridForm,
    letters: Sequence[Letter],
    addressed: list[Addressed],
    answers: list[tuple[Sequence[Letter], Answer]],
) -> None:
    for letter in letters:
        try:
            personalization = form.personalization(letter)
        except ValueError as error:
            answers.append(([letter], Answer(AnswerKind.FINAL, str(error))))
            continue
        if len(personalization) >= MOST_CHARACTERS and (fault := form.fault_of(personalization)):
            answers.append(([letter], Answer(AnswerKind.FINAL, fault)))
        else:
            addressed.append((letter, personalization))


def _require_harmless(categories: Sequence[str], topics: Collection[str]) -> None:
    faults = faults_of_categories(categories)
    faults += [f"the category {category!r} is a topic" for category in telling_categories(categories, topics=topics)]
    if faults:
        raise SettingsError(
            f"delivery.sendgrid.categories: {'; '.join(faults)}. SendGrid keeps categories for long and in clear: name the "
            'newsletter and nothing else, as in ["newsletter"], or leave them out.'
        )


def _faulty_fields(response: httpx.Response) -> list[str]:
    """Give the fields that SendGrid names in a refusal; its messages may quote an address, so they are left alone."""
    try:
        return [str(error["field"]) for error in orjson.loads(response.content)["errors"] if error.get("field")]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return []


def _is_about_a_person(field: str) -> bool:
    return field.startswith("personalizations")


def _positions(fields: Sequence[str], count: int) -> list[int]:
    """Give whom a refusal names: personalizations.37.to.0.email is the thirty-eighth."""
    found = [field.split(".")[1] for field in fields if _is_about_a_person(field) and "." in field]
    return [int(position) for position in found if position.isdecimal() and int(position) < count]
