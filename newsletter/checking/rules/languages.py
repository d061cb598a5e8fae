"""Readers of every language get the same issue: the same sections, trials, links, pictures, personal parts and numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from newsletter.authoring.issue import Block, Image, Issue, NamedTopic, Section
from newsletter.checking.prose import Passage
from newsletter.checking.report import Draft
from newsletter.checking.rule import Remark, rule_across_languages
from newsletter.checking.rules.links import addresses
from newsletter.checking.translations import (
    SectionPair,
    find_numbers,
    pair_sections,
    section_at,
    translations,
    values_in_digits,
    values_in_words,
)
from newsletter.findings import Place, Severity

_FULL_ADDRESS = re.compile(r"(?:https?|tel|mailto):", re.IGNORECASE)
_PERSONAL_PART = re.compile(r"\{\{\s*([a-z_]+)")


@rule_across_languages("trial-missing-in-language", Severity.WARNING)
def every_language_has_every_trial(drafts: Sequence[Draft]) -> Iterator[Remark]:
    """Have the same trials in every language of an issue.

    A chance is not for readers of one language.

    Mend: Copy the block into the other file, and translate its title and its body.
    """
    for first, other in translations(drafts):
        for here, there in ((other.issue, first.issue), (first.issue, other.issue)):
            for nct_id, card in _trials(there).items():
                if nct_id not in _trials(here):
                    yield Remark(
                        f"the trial {nct_id} of {card.place} is missing here",
                        Place(here.file),
                        f"Add its block to the section {_name(_section_of(there, card.place.line))}, translated.",
                    )


@rule_across_languages("section-missing-in-language", Severity.WARNING)
def every_language_has_every_section(drafts: Sequence[Draft]) -> Iterator[Remark]:
    """Have every section of the first language's issue in the others, under the same anchor.

    Links and the table of contents lead to the same place in each language.

    Mend: Translate the section, or give the heading of its translation the same anchor.

    Wrong:
        ## Haga una lista {#haga-una-lista}

    Right:
        ## Haga una lista {#make-a-list}
    """
    for first, other in translations(drafts):
        theirs = {section.anchor: section.place for section in other.issue.sections}
        before = Place(other.issue.file, 1)
        for section in first.issue.sections:
            before = theirs.get(section.anchor, before)
            if section.anchor and section.anchor not in theirs:
                yield Remark(
                    f"the section “{section.title}” of {section.place} is missing here",
                    before,
                    f"Translate it below this one, or give its heading the same anchor: {{#{section.anchor}}}.",
                )


@rule_across_languages("trial-status-differs", Severity.ERROR)
def a_trial_has_one_status(drafts: Sequence[Draft]) -> Iterator[Remark]:
    """Give all cards of a trial the same status, in every language.

    Before a send the registry is asked once about each trial, and one card of several would go out unchecked.

    Mend: Ask the registry with `newsletter trials check`, and write in every card what is true.
    """
    first_cards: dict[object, Block] = {}
    for draft in drafts:
        for card in draft.issue.blocks:
            if card.kind != "trial":
                continue
            nct_id = card.fields.get("nct_id")
            first = first_cards.setdefault(nct_id, card)
            if first.fields.get("status") != card.fields.get("status"):
                yield Remark(
                    f"this card of {nct_id} has status={card.fields.get('status')}, that at {first.place} has "
                    f"status={first.fields.get('status')}",
                    card.place,
                    "Give both the status that is true; `newsletter trials check` asks the registry.",
                )


@rule_across_languages("link-missing-in-language", Severity.WARNING)
def every_language_has_every_link(drafts: Sequence[Draft]) -> Iterator[Remark]:
    """Have every link of a section in its translation too: the same page, or another one of the same site.

    Help that only readers of one language can press is not help for the others. A page of the same site counts, since many
    sites have one in Spanish.

    Mend: Add the link, to the site's Spanish page where there is one.
    """
    for first, other in translations(drafts):
        ours, theirs = _links(first), _links(other)
        for pair in pair_sections(first.issue, other.issue):
            wanted = ours.get(pair.first_number, [])
            given = Counter(url for url, _ in theirs.get(pair.other_number, []))
            missing = [(url, place) for url, place in wanted if not _take(given, url)]
            sites = Counter(map(_site, given.elements()))
            for url, place in missing:
                if not _take(sites, _site(url)):
                    yield Remark(
                        f"the section {_name(pair.other)} lacks the link to {url} of {place}",
                        pair.other.place,
                        "Add it here as well.",
                    )


@rule_across_languages("block-missing-in-language", Severity.WARNING)
def every_language_has_every_block(drafts: Sequence[Draft]) -> Iterator[Remark]:
    """Have as many blocks of each kind in the translation of a section as in the section: pictures, stories, events, boxes.

    What a picture or a box adds, it adds for everybody.

    Mend: Copy the block over and translate it; a picture needs an alternative text in its language too.
    """
    for pair, *_ in _pairs(drafts):
        ours, theirs = _blocks(pair.first), _blocks(pair.other)
        for kind in ours:
            if kind != "trial" and len(theirs.get(kind, [])) < len(ours[kind]):
                lacking = ours[kind][len(theirs.get(kind, []))]
                yield Remark(
                    f"the section {_name(pair.other)} lacks the block “{kind}” of {lacking.place}",
                    pair.other.place,
                    "Add it here as well, translated.",
                )


@rule_across_languages("block-differs-in-language", Severity.WARNING)
def blocks_say_the_same_days_and_numbers(drafts: Sequence[Draft]) -> Iterator[Remark]:
    """Give a block and its translation the same days, numbers and topics.

    An event has one day, and who comes on another one finds a closed door.

    Mend: Look up which of the two is right, and write it in both files.
    """
    for pair, *_ in _pairs(drafts):
        theirs = _blocks(pair.other)
        for kind, blocks in _blocks(pair.first).items():
            for block, other in zip(blocks, theirs.get(kind, []), strict=False):
                for name, value in block.fields.items():
                    if _comparable(value) != _comparable(other.fields.get(name)):
                        yield Remark(
                            f"{name} is {_said(other.fields.get(name))} here, and {_said(value)} in {block.place}",
                            other.place,
                            "Write the one that is right in both files.",
                        )


@rule_across_languages("personal-part-missing-in-language", Severity.WARNING)
def every_language_has_every_personal_part(drafts: Sequence[Draft]) -> Iterator[Remark]:
    """Have the same personal parts in a section and in its translation.

    The link to their own page is for readers of every language, and so is their name.

    Mend: Add it, with a fallback in the other language where it needs one.
    """
    for first, other in translations(drafts):
        ours, theirs = _personal_parts(first.issue), _personal_parts(other.issue)
        for pair in pair_sections(first.issue, other.issue):
            for name, line in ours.get(pair.first_number, {}).items():
                if name not in theirs.get(pair.other_number, {}):
                    yield Remark(
                        f"the section {_name(pair.other)} lacks {{{{{name}}}}} of {Place(first.issue.file, line)}",
                        pair.other.place,
                        "Add it here as well.",
                    )


@rule_across_languages("number-missing-in-language", Severity.WARNING)
def every_language_has_every_number(drafts: Sequence[Draft]) -> Iterator[Remark]:
    """Tell the same numbers in a section and in its translation: people, percentages, doses, dates, telephone numbers.

    A slip in one digit is a wrong dose or a stranger's telephone, and whoever reviews one language does not see it. 1,500 and
    1.500, 2.5 and 2,5, and a Spanish number in words count as the same. Digits in names, such as HER2, are no numbers. Advice
    where a translation says a number in another way.

    Mend: Look up which of the two is right.

    Wrong:
        Of every 100 people, about 30 have it. / De cada 100 personas, unas 35 lo tienen.

    Right:
        Of every 100 people, about 30 have it. / De cada 100 personas, unas 30 lo tienen.
    """
    for pair, first, other in _pairs(drafts):
        ours = first.passages_by_section.get(pair.first_number, ())
        theirs = other.passages_by_section.get(pair.other_number, ())
        told = values_in_digits(theirs)
        for passage in ours:
            for number in find_numbers(passage):
                if told.isdisjoint(number.values) and values_in_words(theirs).isdisjoint(number.values):
                    yield Remark(
                        f"the section {_name(pair.other)} lacks the number {number.shown} of {passage.place(number.start)}",
                        _counterpart(passage, ours, theirs, pair),
                        "Write the number that is right in both files.",
                    )


def _pairs(drafts: Sequence[Draft]) -> Iterator[tuple[SectionPair, Draft, Draft]]:
    for first, other in translations(drafts):
        for pair in pair_sections(first.issue, other.issue):
            yield pair, first, other


def _counterpart(passage: Passage, ours: Sequence[Passage], theirs: Sequence[Passage], pair: SectionPair) -> Place:
    """Give the place of a passage's translation, that of its section where the passages do not pair."""
    if [one.kind for one in ours] != [one.kind for one in theirs]:
        return pair.other.place
    return theirs[ours.index(passage)].place(0)


def _links(draft: Draft) -> dict[int, list[tuple[str, Place]]]:
    links: dict[int, list[tuple[str, Place]]] = {}
    for url, place in addresses(draft):
        section = section_at(draft.issue, place.line)
        if section >= 0 and _FULL_ADDRESS.match(url):
            links.setdefault(section, []).append((url, place))
    return links


def _take(counter: Counter[str], key: str) -> bool:
    if not counter[key]:
        return False
    counter[key] -= 1
    return True


def _site(url: str) -> str:
    """Give the name that all pages of a site share: the last two parts of its host; of other addresses all."""
    if not url.lower().startswith("http"):
        return re.sub(r"[\s().-]", "", url)
    try:
        return ".".join((urlsplit(url).hostname or url).split(".")[-2:])
    except ValueError:
        return url


def _blocks(section: Section) -> dict[str, list[Block]]:
    blocks: dict[str, list[Block]] = {}
    for part in section.parts:
        if isinstance(part, Block):
            blocks.setdefault(part.kind, []).append(part)
    return blocks


def _comparable(value: object) -> object:
    """Give what has to be the same in every language of a field's value, None for words and pictures."""
    if isinstance(value, NamedTopic):
        return value.key
    return None if isinstance(value, (str, Image)) else value


def _said(value: object) -> str:
    return "not given" if value is None else str(_comparable(value))


def _personal_parts(issue: Issue) -> dict[int, dict[str, int]]:
    """Give the personal parts of each section, each with the line where it first stands."""
    found: dict[int, dict[str, int]] = {}
    for match in _PERSONAL_PART.finditer(issue.source):
        line = issue.source.count("\n", 0, match.start()) + 1
        found.setdefault(section_at(issue, line), {}).setdefault(match[1], line)
    return found


def _trials(issue: Issue) -> dict[str, Block]:
    return {str(block.fields.get("nct_id")): block for block in reversed(issue.blocks) if block.kind == "trial"}


def _section_of(issue: Issue, line: int) -> Section:
    return issue.sections[max(section_at(issue, line), 0)]


def _name(section: Section) -> str:
    return f"“{section.title}”" if section.title else "before the first heading"
