"""The rows of a trial's card: phase, places, whom to ask, who pays; of a closed study only why, and who ran it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.authoring.trial import Trial, TrialContact
from newsletter.rendering.trial_phones import phone_link
from newsletter.rendering.trial_places import TrialArea, areas_of, in_short
from newsletter.rendering.words import Words

MOST_CONTACTS = 2
MOST_COLLABORATORS = 5


@dataclass(frozen=True, slots=True)
class CardLine:
    """A line of a card. ``link`` is empty where there is nothing to open or to call; ``foreign``: English in another language."""

    text: str
    link: str = ""
    foreign: bool = False

    @property
    def address(self) -> str:
        """The link where it is a page's address, which plain text has to write out."""
        return self.link if self.link.startswith("http") else ""


@dataclass(frozen=True, slots=True)
class TrialFact:
    """One row of a card. ``areas`` are all its places, for the web page; ``helpline``: the helpline's number ends the row."""

    label: str
    lines: tuple[CardLine, ...]
    areas: tuple[TrialArea, ...] = ()
    helpline: bool = False


@dataclass(frozen=True, slots=True)
class CardWords:
    """The words of one kind of card: ``who_label_expanded`` stands in for ``who_label`` on a card of the kind ``expanded``.

    ``foreign`` says that the letter is not in English, the language of the registry.
    """

    kind: str
    words: Words
    foreign: bool = False

    @property
    def trial(self) -> Words:
        """The table ``[trial]``."""
        table: Words = self.words["trial"]
        return table

    def say(self, key: str) -> str:
        """Give a word, in the form for this kind of card where there is one."""
        word: str = self.trial.get(f"{key}_{self.kind}", self.trial[key])
        return word

    def questions(self) -> tuple[str, ...]:
        """Give what to ask one's care team."""
        return tuple(self.trial.get(f"ask_{self.kind}", self.trial["ask"]))


def facts_of(record: Trial | None, words: CardWords, *, all_places: str) -> Iterator[TrialFact]:
    """Give the rows of a card. A closed one says neither where nor whom to ask, so that nobody calls in vain.

    ``all_places`` is the address of the card on the web page, which has every place.
    """
    if words.kind != "closed":
        yield from _study(record, words.trial)
        if record and words.kind != "not_yet":
            yield _where(record, words, all_places)
        yield _whom_to_ask(record.contacts if record else (), words)
    elif record and record.why_stopped:
        quoted = words.words["block"]["quoted"].format(words=record.why_stopped)
        yield TrialFact(words.trial["reason_label"], (CardLine(quoted, foreign=words.foreign),))
    if record and record.lead_sponsor:
        yield TrialFact(words.trial["sponsor_label"], tuple(_sponsors(record, words)))


def _study(record: Trial | None, said: Words) -> Iterator[TrialFact]:
    if record and record.phases:
        yield TrialFact(said["phase_label"], tuple(CardLine(said["phase"].get(phase, phase)) for phase in record.phases))
    elif record and record.study_type == "OBSERVATIONAL":
        yield TrialFact(said["study_label"], (CardLine(said["observational"]),))


def _where(record: Trial, words: CardWords, all_places: str) -> TrialFact:
    count, label = len(record.sites), words.trial["where_label"]
    if not count:
        return TrialFact(label, (CardLine(words.say("no_site")),))
    areas = areas_of(record.sites, words.trial)
    lines = [CardLine(words.say("one_site" if count == 1 else "sites").format(count=count))]
    if short := in_short(areas, words.trial):
        lines.append(CardLine(short))
    if all_places and any(area.places for area in areas):
        lines.append(CardLine(words.trial["all_places"], all_places))
    return TrialFact(label, tuple(lines), areas)


def _whom_to_ask(contacts: Sequence[TrialContact], words: CardWords) -> TrialFact:
    reachable = [contact for contact in contacts if contact.phone or contact.email][:MOST_CONTACTS]
    lines = tuple(line for contact in reachable for line in _contact(contact, words.trial))
    return TrialFact(words.say("contact_label"), lines or (CardLine(words.say("nobody")),), helpline=not lines)


def _contact(contact: TrialContact, said: Words) -> Iterator[CardLine]:
    if contact.name:
        yield CardLine(contact.name)
    if contact.phone:
        shown = said["extension"].format(phone=contact.phone, extension=contact.phone_ext)
        yield CardLine(shown if contact.phone_ext else contact.phone, phone_link(contact.phone, contact.phone_ext))
    if contact.email:
        yield CardLine(contact.email, mail_link(contact.email))


def _sponsors(record: Trial, words: CardWords) -> Iterator[CardLine]:
    said = words.trial
    yield CardLine(record.lead_sponsor, foreign=words.foreign)
    if what := said["sponsor_class"].get(record.sponsor_class, ""):
        yield CardLine(what)
    if helpers := record.collaborators:
        named = ", ".join(helpers[:MOST_COLLABORATORS])
        left = len(helpers) - MOST_COLLABORATORS
        more = said["more_collaborators"].format(names=named, count=left) if left > 0 else named
        yield CardLine(said["collaborators"].format(names=more))


def mail_link(email: str) -> str:
    """Give the mailto: link of an address; empty where it is none that can stand in a link as it is (RFC 6068)."""
    name, at, domain = email.partition("@")
    plain = email.isascii() and email.isprintable() and not set(' "<>?&%#,;:\\').intersection(email)
    return f"mailto:{email}" if plain and name and at and "." in domain and "@" not in domain else ""
