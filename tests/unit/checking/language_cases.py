"""Cases of the rules that lay the languages of an issue side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from newsletter.authoring.issue import Block, Image, Issue, NamedTopic
from newsletter.checking.report import Draft
from newsletter.findings import Place
from tests.unit.checking.cases import Cases
from tests.unit.checking.drafts import block, make_issue, translated, written


def both(english: str, spanish: str, ours: Sequence[Block] = (), theirs: Sequence[Block] = ()) -> list[Draft]:
    """Give the drafts of an issue of one section in two languages."""
    return [written(english, *ours), *translated(make_issue(spanish, *theirs))[1:]]


def sections(*anchors: str, issue: Issue) -> Issue:
    """Give an issue with a section for each anchor, ten lines each."""
    one = issue.sections[0]
    return replace(
        issue,
        sections=tuple(
            replace(one, anchor=anchor, title=anchor.title(), place=Place(issue.file, 10 * number + 1))
            for number, anchor in enumerate(anchors)
        ),
    )


def event(day: date) -> Block:
    """Give an event block."""
    return block("event", {"on": day, "title": "A talk", "picture": None})


def topic(key: str, label: str) -> Block:
    """Give a block for the readers of a topic."""
    return block("for", {"topic": NamedTopic(key, label)}, body="Text.")


FIGURE = block("figure", {"image": Image("a.png", b"", "image/png", 1, 1), "alt": "A cell"})
FIGURE_IN_SPANISH = block("figure", {"image": Image("a.es.png", b"", "image/png", 1, 1), "alt": "Una célula"})

CASES: dict[str, Cases] = {
    "link-missing-in-language": Cases(
        fails=[
            both("[a](https://example.org/a)", "Texto."),
            both("[a](https://example.org/a) [b](https://example.org/b)", "[a](https://example.org/a)"),
            both("[a](https://example.org/a)", "[a](https://example.net/a)"),
            both("[call](tel:+18442757427)", "[llame](tel:+18442757420)"),
            both("x", "x", [block("button", {"url": "https://example.org/"})]),
            both("x", "x", [block("button", {"url": "https://[broken"})]),
        ],
        passes=[
            both("[a](https://example.org/a)", "[a](https://example.org/a) [b](https://example.org/b)"),
            both("[a](https://www.example.org/a)", "[a](https://espanol.example.org/es/a)"),
            both("[call](tel:+1-844-275-7427)", "[llame](tel:+18442757427)"),
            both("x", "x", [block("button", {"url": "https://[broken"})], [block("button", {"url": "https://[broken"})]),
            both("[a](#tests)", "Texto."),
            [written("[a](https://example.org/a)"), written("[a](https://example.org/a)")],
        ],
    ),
    "block-missing-in-language": Cases(
        fails=[both("x", "x", [FIGURE]), both("x", "x", [FIGURE, FIGURE], [FIGURE_IN_SPANISH])],
        passes=[
            both("x", "x", [FIGURE], [FIGURE_IN_SPANISH]),
            both("x", "x", [], [FIGURE]),
            both("x", "x", [block("trial", {"nct_id": "NCT09990001", "status": "open"})]),
        ],
    ),
    "block-differs-in-language": Cases(
        fails=[
            both("x", "x", [event(date(2026, 12, 1))], [event(date(2026, 12, 11))]),
            both("x", "x", [topic("trials", "Trials")], [topic("tnbc", "Triple negativo")]),
            both("x", "x", [event(date(2026, 12, 1))], [block("event", {})]),
        ],
        passes=[
            both("x", "x", [event(date(2026, 12, 1))], [event(date(2026, 12, 1))]),
            both("x", "x", [topic("trials", "Trials")], [topic("trials", "Estudios")]),
            both("x", "x", [FIGURE], [FIGURE_IN_SPANISH]),
        ],
    ),
    "personal-part-missing-in-language": Cases(
        fails=[
            both("Hello {{first_name|friend}}", "Hola"),
            both("[Choose]({{manage_url}})", "[Elija]({{unsubscribe_url}})"),
        ],
        passes=[
            both("Hello {{first_name|friend}}", "Hola {{ first_name|lectora}}"),
            both("Hello", "Hola {{first_name|lectora}}"),
        ],
    ),
    "number-missing-in-language": Cases(
        fails=[
            both("Of 100, about 30 have it.", "De 100, unas 35 lo tienen."),
            both("Call 1-800-422-6237.", "Llame al 1-800-422-6273."),
            both("Take 2.5 mg.", "Tome 25 mg."),
            both("It was 1,500 people.", "Fueron 150 personas."),
            both("By March 1, 2027.", "Antes del 1 de marzo de 2028."),
            both("Come at 6:30 pm.", "Venga a las 19:30."),
            both("| a |\n|---|\n| 12 |", "| a |\n|---|\n| 13 |"),
        ],
        passes=[
            both("Of 100, about 30 have it.", "De cada cien, unas treinta lo tienen."),
            both("Call 1-800-422-6237, or (844) 275-7427.", "Llame al 800 422 6237 o al +1 844-275-7427."),
            both("Take 2.5 mg, 1,500 of 2.0.", "Tome 2,5 mg, 1.500 de 2."),
            both("HER2, PD-L1, COVID-19, a 3-D picture and 2nd", "Nada de eso."),
            both("Come at 6:30 pm.", "Venga a las 18:30."),
            both("Text.", "Texto de 2027."),
            both("Version 1.2.3.", "Versión 1.2.3."),
        ],
    ),
}
