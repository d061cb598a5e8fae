"""The body of SendGrid's v3 ``/mail/send`` call: one variant, up to 1,000 people, nobody's data but what the mail shows.

Merge fields travel as substitutions, under one tag for the HTML part, whose values are escaped, and another for the text part.
Tracking is off in every request. SendGrid keeps custom arguments for long and in clear: ours are the delivery key and, where a
call can be called back, its own name for that call.

A personalization is written as JSON text, from one template a variant: dictionaries and a serialiser take twice as long.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import orjson

from newsletter.authoring.issue import MergeField
from newsletter.config import LONGEST_LIST_UNSUBSCRIBE
from newsletter.delivery.letters import Letter, LetterForm
from newsletter.delivery.transports.sendgrid_limits import MOST_SUBSTITUTION_BYTES, fault_of_person
from newsletter.rendering.mail_headers import MailHeaders, kind_headers
from newsletter.rendering.merge import Personal, fill, split_at_merge_tokens
from newsletter.rendering.message import CONTROL_CHARACTERS

CUSTOM_ARGUMENT: Final = "delivery"
"""The delivery key; it comes back with every event."""

CALL_ARGUMENT: Final = "call"
"""Which call a mail was in, where calls can be called back: what is reported of a cancelled one says nothing of the next."""

NO_LINK: Final = "https://example.org/"
"""Stands in for a reader's link where what all headers share is read off."""

GAP: Final = "\ue000"
"""Stands where a value goes while a template is made; no header and no tag has it."""

VALUES: Final = ("first_name", "address", "manage_url", "unsubscribe_url", "key")
"""A reader's values, in the order in which ``_values`` gives them."""

LEAVING: Final = VALUES.index("unsubscribe_url")

OF_EVERYBODY: Final = ("address", "unsubscribe_url", "key")
"""What stands in the template before the substitutions."""

Values = tuple[str, str, str, str, str]

END: Final = "}}"
"""Ends a personalization: the custom arguments come last."""

WEB: Final = ("https://", "http://")

LONGEST_LEAVING: Final = LONGEST_LIST_UNSUBSCRIBE - len("<>")
"""Characters of an unsubscribe link."""

MOST_CHARACTERS: Final = MOST_SUBSTITUTION_BYTES // 4
"""A personalization of fewer characters breaks none of SendGrid's limits on bytes: UTF-8 takes four for one at most."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a call is to be sent, in Unix seconds, and SendGrid's name for it (``batch_id``), by which it can be cancelled."""

    batch_id: str
    send_at: int


@dataclass(eq=False)
class SendgridForm:
    """What all requests of one variant share; none names its topics. ``categories`` are a newsletter's, not a service mail's.

    ``fault`` is what the transport found wrong with it; None until it has looked.
    """

    form: LetterForm
    sandbox: bool
    categories: Sequence[str] = ()
    fault: str | None = None

    @cached_property
    def constant(self) -> dict[str, Any]:
        """Everything but the personalizations and the schedule."""
        edition, variant, headers = self.form.edition, self.form.variant, self.form.headers
        off = {"enable": False}
        constant = {
            "from": {"email": headers.from_address, "name": headers.from_name},
            "reply_to": {"email": headers.reply_to},
            "subject": edition.subject,
            "content": [
                {"type": "text/plain", "value": fill(variant.text, self._text_tag)},
                {"type": "text/html", "value": fill(variant.html, self._html_tag)},
            ],
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": off,
                "subscription_tracking": off,
                "ganalytics": off,
            },
            "mail_settings": {"sandbox_mode": {"enable": self.sandbox}},
        }
        return {**constant, "categories": list(self.categories)} if self.categories and self.is_for_list else constant

    @property
    def is_for_list(self) -> bool:
        """Whether it is an issue's, and no service mail's."""
        return isinstance(self.form.headers, MailHeaders)

    def personalization(self, letter: Letter) -> str:
        """Write one person's part, as JSON without its end, which ``body`` adds.

        Raises ValueError, which names nobody, when a link cannot stand in a header.
        """
        plain = self.plain_personalizations([letter])
        return plain[0] if plain else self._written_with_care(letter)

    def plain_personalizations(self, letters: Sequence[Letter]) -> list[str]:
        """Write some people's parts as ``personalization`` does, looked at together; none where somebody's needs care.

        What has to be escaped for HTML or for JSON is rare.
        """
        values = [_values(letter) for letter in letters]
        leaving = [one[LEAVING] for one in values]
        said, all_leaving = "".join(chain.from_iterable(values)), "".join(leaving)
        if (
            "&" in said or '"' in said or "<" in said or "'" in said or ">" in said or "\\" in said
            or not said.isprintable() or " " in all_leaving or not all_leaving.isascii()
            or max(map(len, leaving)) > LONGEST_LEAVING or not all(one.startswith(WEB) for one in leaving)
            or self._mark in said
        ):  # fmt: skip
            return []
        template, in_place = self._template, self._in_place
        return [template % (in_place(one) if all(one) else self._with_fallbacks(one)) for one in values]

    @staticmethod
    def fault_of(personalization: str) -> str:
        """Say which of SendGrid's limits one person's part breaks; empty when it breaks none, as below MOST_CHARACTERS."""
        return fault_of_person(orjson.loads(personalization + END))

    def body(self, personalizations: Sequence[str], schedule: Schedule | None = None) -> bytes:
        """Write the whole request."""
        head, end = self._constant_json, END
        if schedule is not None:
            head += f',"send_at":{schedule.send_at:d},"batch_id":{_json(schedule.batch_id)}'
            end = f",{_json(CALL_ARGUMENT)}:{_json(schedule.batch_id)}{END}"
        # A megabyte, copied no more often than it must be.
        parts = [*personalizations]
        parts[0] = f'{head},"personalizations":[{parts[0]}'
        parts[-1] = f"{parts[-1]}{end}]}}"
        return f"{end},".join(parts).encode()

    def _written_with_care(self, letter: Letter) -> str:
        if len(letter.personal.unsubscribe_url) > LONGEST_LEAVING:
            raise ValueError(f"its List-Unsubscribe is longer than {LONGEST_LIST_UNSUBSCRIBE} octets")
        return self._without_end(self._person(letter))

    @cached_property
    def _constant_json(self) -> str:
        return _json(self.constant)[: -len("}")]

    @cached_property
    def _template(self) -> str:
        """One person's part with ``%s`` where their values go, in the order in which they stand there."""
        headers = kind_headers(self.form.headers, NO_LINK) | {"List-Unsubscribe": f"<{GAP}>"}
        tags = [tag for tag, _ in [*self._html_tags, *self._text_tags]]
        message_id = f"<{GAP}@{self.form.message_domain}>"
        person = _person(GAP, {**headers, "Message-ID": message_id}, dict.fromkeys(tags, GAP), GAP)
        return self._without_end(person).replace("%", "%%").replace(GAP, "%s")

    @cached_property
    def _in_place(self) -> Callable[[Values], tuple[str, ...]]:
        """Puts a reader's values where the template has its places."""
        fields = [*self._html_fields, *self._text_fields]
        return itemgetter(*(VALUES.index(name) for name in (*OF_EVERYBODY, *(field.name for field in fields), "key")))

    @cached_property
    def _fallbacks(self) -> list[str]:
        """What stands in each place of the template where a reader's value is empty, escaped."""
        in_html = [_json(html.escape(field.fallback))[1:-1] for field in self._html_fields]
        in_text = [_json(field.fallback)[1:-1] for field in self._text_fields]
        return [*("" for _ in OF_EVERYBODY), *in_html, *in_text, ""]

    def _with_fallbacks(self, values: Values) -> tuple[str, ...]:
        return tuple(value or fallback for value, fallback in zip(self._in_place(values), self._fallbacks, strict=True))

    def _person(self, letter: Letter) -> dict[str, Any]:
        personal = letter.personal
        headers = {**kind_headers(self.form.headers, personal.unsubscribe_url), "Message-ID": letter.message_id}
        return _person(letter.address, headers, self.substitutions(personal), letter.key)

    def substitutions(self, personal: Personal) -> dict[str, str]:
        """Give a reader's values by the tags that they stand for."""
        escaped = {tag: html.escape(self._harmless(personal, field)) for tag, field in self._html_tags}
        return escaped | {tag: self._harmless(personal, field) for tag, field in self._text_tags}

    def _harmless(self, personal: Personal, field: MergeField) -> str:
        """Give a value in which nothing stands for another one: SendGrid may look for tags in what it has put in already.

        Only a name is anybody's to choose; three letters of a link may be those of a mark by chance.
        """
        value = _shown(personal.value(field))
        if self._mark not in value:
            return value
        is_tag = field.name == "first_name" or any(tag in value for tag, _ in [*self._html_tags, *self._text_tags])
        return value.replace(self._mark, " ") if is_tag else value

    @staticmethod
    def _without_end(person: dict[str, Any]) -> str:
        return _json(person)[: -len(END)]

    @cached_property
    def _html_fields(self) -> list[MergeField]:
        return _fields(self.form.variant.html)

    @cached_property
    def _text_fields(self) -> list[MergeField]:
        return _fields(self.form.variant.text)

    @cached_property
    def _html_tags(self) -> list[tuple[str, MergeField]]:
        return [(self._html_tag(field), field) for field in self._html_fields]

    @cached_property
    def _text_tags(self) -> list[tuple[str, MergeField]]:
        return [(self._text_tag(field), field) for field in self._text_fields]

    def _html_tag(self, field: MergeField) -> str:
        return f"{self._mark}{field.name}_{self._html_fields.index(field)}_html-"

    def _text_tag(self, field: MergeField) -> str:
        return f"{self._mark}{field.name}_{self._text_fields.index(field)}_text-"

    @cached_property
    def _mark(self) -> str:
        """How a tag begins: something that the mail itself does not say."""
        mark = "-mm"
        while mark in self.form.variant.html or mark in self.form.variant.text:
            mark += "m"
        return f"{mark}_"


def _values(letter: Letter) -> Values:
    personal = letter.personal
    return (personal.first_name, personal.address, personal.manage_url, personal.unsubscribe_url, letter.key)


def _person(address: str, headers: dict[str, str], substitutions: dict[str, str], key: str) -> dict[str, Any]:
    return {
        "to": [{"email": address}],
        "headers": headers,
        "substitutions": substitutions,
        "custom_args": {CUSTOM_ARGUMENT: key},
    }


def _shown(value: str) -> str:
    """Give a value as every transport shows it: control characters as spaces, and nothing that UTF-8 has no bytes for."""
    return value if value.isprintable() else value.translate(CONTROL_CHARACTERS).encode("utf-8", "replace").decode()


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _fields(text: str) -> list[MergeField]:
    return list(dict.fromkeys(part for part in split_at_merge_tokens(text) if isinstance(part, MergeField)))
