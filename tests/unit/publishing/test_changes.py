from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from newsletter.publishing.changes import LONGEST_DIFF, Content, changes_in_words
from newsletter.rendering.edition import Edition, Variant
from tests.contract.publishing.samples import TRIAL, make_asset, make_edition, make_lock, make_varied_edition

BEFORE = Content((make_edition("en"), make_edition("es")), make_lock(), date(2027, 3, 1), MappingProxyType({TRIAL: "open"}))


def after(**changes: Any) -> tuple[str, ...]:
    edited = replace(BEFORE.editions[0], **changes)
    return changes_in_words(BEFORE, replace(BEFORE, editions=(edited, BEFORE.editions[1])))


def test_nothing_changed_needs_no_words() -> None:
    assert changes_in_words(BEFORE, BEFORE) == ()


def test_a_new_subject_is_shown_beside_the_old_one() -> None:
    assert after(subject="Your results") == ("en: subject: now “Your results”, was “Your test results”.",)


def test_text_is_shown_as_lines_taken_out_and_put_in_with_merge_fields_as_editors_write_them() -> None:
    (change,) = after(text=BEFORE.editions[0].text.replace("tell more", "tell a lot"))
    assert change.splitlines()[0] == "en: the text:"
    assert "    -Tests tell more." in change
    assert "    +Tests tell a lot." in change
    (greeting,) = after(text=BEFORE.editions[0].text.replace("Dear", "Hello"))
    assert "    +Hello {{first_name|friend}}" in greeting
    (end,) = after(text=BEFORE.editions[0].text + "@@MM:address:@@\n")
    assert "    +{{address}}" in end


def test_a_long_difference_is_cut_and_counted() -> None:
    (change,) = after(text="\n".join(f"line {number}" for number in range(100)))
    lines = change.splitlines()
    assert len(lines) == LONGEST_DIFF + 2
    assert lines[-1].strip().endswith("lines more")


def test_another_colour_is_called_design_only() -> None:
    styled = BEFORE.editions[0].html.replace("<body>", "<head><style>p{color:red}</style></head><body class=x>")
    assert after(html=styled) == ("en: the design only; no word, link or picture's description.",)
    assert after(web=BEFORE.editions[0].web.replace("#222", "#333")) == (
        "en: the design only; no word, link or picture's description.",
    )


def test_words_in_the_html_alone_are_not_called_design() -> None:
    for words in ["<p>Take it twice a day</p>", '<img alt="a chart">', '<a href="https://example.org/other"></a>']:
        (change,) = after(html=BEFORE.editions[0].html.replace("<p>Tests</p>", f"<p>Tests</p>{words}"))
        assert "stand in the HTML mail or on the web page only" in change


def test_pictures_are_named() -> None:
    first, second = BEFORE.editions[0].assets
    new = make_asset(b"third")
    assert after(assets=(first, new)) == (
        f"en: pictures that are new: {new.name}.",
        f"en: pictures that are gone: {second.name}.",
    )
    assert after(assets=(second, first)) == ("en: the order or the type of the pictures.",)


def test_editions_that_come_and_go_are_said() -> None:
    assert changes_in_words(BEFORE, replace(BEFORE, editions=(BEFORE.editions[0], make_edition("fr")))) == (
        "es: this edition is gone.",
        "fr: this edition is new.",
    )


def test_trials_are_told_in_the_registrys_words() -> None:
    (change,) = changes_in_words(BEFORE, replace(BEFORE, lock=make_lock(status="COMPLETED")))
    assert TRIAL in change
    assert "Completed" in change


def test_a_lock_with_another_date_only_is_said_too() -> None:
    (change,) = changes_in_words(BEFORE, replace(BEFORE, lock=make_lock(data_version="2026-11-20")))
    assert "date of the registry's data" in change


def test_cards_and_the_review_date_are_told() -> None:
    new = replace(BEFORE, cards={TRIAL: "closed", "NCT09990002": "open"}, review_by=None)
    assert changes_in_words(BEFORE, new) == (
        f"The card of {TRIAL} says “closed”; it said “open”.",
        "The card of NCT09990002 is new.",
        "The review date is now not set; it was 2027-03-01.",
    )
    assert changes_in_words(new, replace(new, cards={TRIAL: "closed"})) == ("The card of NCT09990002 is gone.",)


VARIED = make_varied_edition()


def between(old: Edition, new: Edition) -> tuple[str, ...]:
    return changes_in_words(replace(BEFORE, editions=(old,)), replace(BEFORE, editions=(new,)))


def in_every_mail(edition: Edition, was: str, now: str) -> Edition:
    """Change what all variants have in common."""
    narrower = tuple(Variant(one.topics, one.html.replace(was, now), one.text.replace(was, now)) for one in edition.narrower)
    return replace(edition, html=edition.html.replace(was, now), text=edition.text.replace(was, now), narrower=narrower)


def test_what_changed_in_all_variants_is_said_once() -> None:
    (change,) = between(VARIED, in_every_mail(VARIED, "tell more", "tell a lot"))
    assert change.startswith("en: the text:\n")
    (design,) = between(VARIED, in_every_mail(VARIED, "<body>", "<body class=x>"))
    assert "design only" in design


def test_what_changed_in_one_variant_alone_is_said_with_whom_it_is_for() -> None:
    def edited(**changes: Any) -> Edition:
        return replace(VARIED, narrower=(replace(VARIED.narrower[0], **changes), *VARIED.narrower[1:]))

    (text,) = between(VARIED, edited(text=VARIED.narrower[0].text.replace("more", "less")))
    assert text.startswith("en: the text for readers who chose “tnbc”:\n")
    assert "    +Tests tell less." in text
    (html,) = between(VARIED, edited(html=VARIED.narrower[0].html.replace("<p>Tests</p>", "<p>Tests!</p>")))
    assert "stand in the HTML mail or on the web page only" in html
    (design,) = between(VARIED, edited(html=VARIED.narrower[0].html.replace("<body>", "<body class=x>")))
    assert "design only" in design


def test_topics_that_come_and_go_are_told_with_what_each_reader_sees() -> None:
    plain, fewer = make_edition(), make_varied_edition(topics=("tnbc",))
    new, text = between(plain, fewer)
    assert new == "en: what readers who chose “tnbc” see alone is new."
    assert "    +tnbc" in text
    gone, text = between(VARIED, fewer)
    assert gone == "en: what readers who chose “trials” saw alone is gone."
    assert "    -trials" in text


def test_words_that_only_some_readers_still_see_are_told() -> None:
    """What was for everybody is put into a ``for`` block: the fullest mail stays the same."""
    everybody = replace(VARIED, topics=(), narrower=())
    changes = between(everybody, VARIED)
    assert changes[:2] == tuple(f"en: what readers who chose “{topic}” see alone is new." for topic in ("tnbc", "trials"))
    assert any(change.startswith("en: the text for readers who chose “tnbc”:") and "-trials" in change for change in changes)
    assert any(change.startswith("en: the text for readers who chose “trials”:") and "-tnbc" in change for change in changes)


def test_other_readers_are_said() -> None:
    (change,) = changes_in_words(BEFORE, replace(BEFORE, corrects="2026-10"))
    assert change == "It goes to those who got 2026-10, as a correction; it was to go to every subscriber."
