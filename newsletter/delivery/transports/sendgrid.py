"""Mail by SendGrid's v3 API: one call for up to 1,000 people of one edition.

The API knows no idempotency key and dispatches every POST, so a call whose answer is lost is never repeated: its letters are
unknown until SendGrid's events settle them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx
import orjson

from newsletter.config import SendgridSettings
from newsletter.delivery.letters import Letter, LetterForm
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.transports.port import Answer, AnswerKind, AnswerSink
from newsletter.delivery.transports.sendgrid_request import (
    MOST_BYTES,
    MOST_PERSONALIZATIONS,
    SendgridForm,
    why_not_taken,
)
from newsletter.delivery.transports.smtp import trusting
from newsletter.errors import TransportError

MOST_SPLITS: Final = 64
"""Calls spent on finding who is refused in one group; then the rest waits for another attempt."""

Addressed = tuple[Letter, dict[str, Any]]
"""A letter and its personalization."""

Answers = list[tuple[Letter, Answer]]


class SendgridTransport:
    """Posts groups of letters over ``connections`` kept-alive connections, each with a thread of its own."""

    name = "sendgrid"
    group = MOST_PERSONALIZATIONS

    def __init__(self, settings: SendgridSettings, *, now: Callable[[], float] = time.time) -> None:
        if not settings.api_key.get_secret_value():
            raise TransportError("There is no key for SendGrid. Set NEWSLETTER_DELIVERY__SENDGRID__API_KEY.")
        self._settings = settings
        self._now = now
        self._context = trusting(settings.ca_file)
        self._forms: dict[LetterForm, SendgridForm] = {}
        self.lanes = settings.connections
        self.batches_at_once = settings.connections

    async def run_lane(self, bag: Mailbag, *, answer: AnswerSink) -> None:
        """Post groups until the bag is empty; raises TransportError when SendGrid cannot be reached or refuses our key."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="sendgrid") as thread, self._client() as client:
            while letters := await bag.take(self.group):
                call = _GroupCall(client, self._form(letters[0].form), now=self._now)
                await loop.run_in_executor(thread, call.deliver, letters)
                for letter, given in call.answers:
                    answer(letter, given)
                if call.problem:
                    raise TransportError(call.problem)

    def _client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self._settings.host,
            headers={
                "Authorization": f"Bearer {self._settings.api_key.get_secret_value()}",
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
            timeout=self._settings.timeout_seconds,
            verify=self._context,
            trust_env=False,
        )

    def _form(self, form: LetterForm) -> SendgridForm:
        return self._forms.setdefault(form, SendgridForm(form, sandbox=self._settings.sandbox))


class _GroupCall:
    """Delivers one group: one call when all is well, more when SendGrid finds fault with somebody in it."""

    def __init__(self, client: httpx.Client, form: SendgridForm, *, now: Callable[[], float]) -> None:
        self._client = client
        self._form = form
        self._now = now
        self._calls_left = MOST_SPLITS
        self.answers: Answers = []
        self.problem = ""

    def deliver(self, letters: Sequence[Letter]) -> None:
        """Answer for every letter; ``problem`` says what keeps SendGrid from working at all."""
        waiting = self._addressed(letters)
        while waiting:
            # One address twice in a call, and SendGrid refuses the whole of it.
            seen: dict[str, Addressed] = {}
            again = [one for one in waiting if seen.setdefault(one[0].address.lower(), one) is not one]
            self._post(list(seen.values()))
            waiting = again

    def _addressed(self, letters: Sequence[Letter]) -> list[Addressed]:
        addressed = []
        for letter in letters:
            personalization = self._form.personalization(letter)
            fault = why_not_taken(personalization)
            if fault:
                self.answers.append((letter, Answer(AnswerKind.FINAL, fault)))
            else:
                addressed.append((letter, personalization))
        return addressed

    def _post(self, group: Sequence[Addressed]) -> None:
        if self.problem:
            self._answer(group, Answer(AnswerKind.NOT_SENT, "SendGrid cannot be used at present"))
            return
        if self._calls_left == 0:
            self._answer(group, Answer(AnswerKind.RETRYABLE, "SendGrid refused others in the same call"))
            return
        self._calls_left -= 1
        body = orjson.dumps(self._form.body([personalization for _, personalization in group]))
        if len(body) >= MOST_BYTES:
            self._split(group, "too large for SendGrid")
            return
        try:
            response = self._client.post("/v3/mail/send", content=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            self._stop(group, f"SendGrid cannot be reached ({error}). It is tried again later.")
        except httpx.RequestError:
            self._answer(group, Answer(AnswerKind.UNKNOWN, "SendGrid's answer was lost"))
        else:
            self._read(group, response)

    def _read(self, group: Sequence[Addressed], response: httpx.Response) -> None:
        code = response.status_code
        if code in {200, 202}:  # 200 is the sandbox's yes
            self._answer(group, Answer(AnswerKind.ACCEPTED))
        elif code == 429:
            self._answer(group, Answer(AnswerKind.THROTTLED, "SendGrid 429", retry_after=self._reset(response)))
        elif code == 400 and (fields := _faulty_fields(response)) and not any(map(_is_about_a_person, fields)):
            self._stop(
                group, f"SendGrid finds fault with the mail itself ({', '.join(fields)}). Correct it; sending goes on by itself."
            )
        elif code in {400, 413}:
            self._split(group, f"SendGrid {code}")
        elif 300 <= code < 500:
            self._stop(
                group, f"SendGrid refuses our calls ({code}). Check the API key and its rights, and delivery.sendgrid.host."
            )
        else:
            self._answer(group, Answer(AnswerKind.UNKNOWN, f"SendGrid {code}"))

    def _split(self, group: Sequence[Addressed], reason: str) -> None:
        """Look for the one whom a call was refused for: it sent nothing to anybody."""
        if len(group) == 1:
            self._answer(group, Answer(AnswerKind.FINAL, reason))
            return
        middle = len(group) // 2
        self._post(group[:middle])
        self._post(group[middle:])

    def _stop(self, group: Sequence[Addressed], problem: str) -> None:
        self.problem = problem
        self._answer(group, Answer(AnswerKind.NOT_SENT, "SendGrid cannot be used at present"))

    def _answer(self, group: Sequence[Addressed], answer: Answer) -> None:
        self.answers += [(letter, answer) for letter, _ in group]

    def _reset(self, response: httpx.Response) -> float | None:
        """Seconds until the rate limit ends; the header gives a Unix time."""
        try:
            return max(1.0, float(response.headers["X-RateLimit-Reset"]) - self._now())
        except (KeyError, ValueError):
            return None


def _faulty_fields(response: httpx.Response) -> list[str]:
    """Give the fields that SendGrid names in a refusal; its messages may quote an address, so they are left alone."""
    try:
        return [str(error["field"]) for error in orjson.loads(response.content)["errors"] if error.get("field")]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return []


def _is_about_a_person(field: str) -> bool:
    return field.startswith("personalizations")
