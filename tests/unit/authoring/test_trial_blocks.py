from __future__ import annotations

import pytest

from newsletter.authoring.trial_blocks import close_trial, drop_trial

NCT, OTHER = "NCT09990001", "NCT09990002"
TOP = b"---\ntitle: A\nlanguage: en\n---\n"


def card(head: str, body: bytes = b"Text.\n", end: bytes = b"\n") -> bytes:
    return head.encode() + end + body + b":::" + end


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"::: trial {NCT}", f"::: trial {NCT} status=closed"),
        (f'::: trial {NCT} "A title"', f'::: trial {NCT} "A title" status=closed'),
        (f'::: trial {NCT} status=open "A title"', f'::: trial {NCT} status=closed "A title"'),
        (f'::: trial {NCT} status="not_yet"  ', f"::: trial {NCT} status=closed  "),
        (f'::: trial {NCT} "say status=open"', f'::: trial {NCT} "say status=open" status=closed'),
        (f":::trial   {NCT}  ", f":::trial   {NCT} status=closed  "),
        (f"::: trial {NCT} status=closed", f"::: trial {NCT} status=closed"),
    ],
)
def test_closing_writes_one_word_into_the_first_line_of_the_card(before: str, after: str) -> None:
    rest = b"\nAfter  it.\t\n"
    assert close_trial(TOP + card(before) + rest, NCT) == TOP + card(after) + rest


def test_the_cards_of_other_trials_and_what_looks_like_a_card_stay() -> None:
    looks_like = f"```\n::: trial {NCT}\n:::\n```\n\n    ::: trial {NCT}\n\nText {NCT}.\n".encode()
    text = TOP + card(f"::: trial {OTHER}") + looks_like
    assert close_trial(text, NCT) == drop_trial(text, NCT) == text


def test_every_card_of_the_trial_is_closed_and_dropped() -> None:
    text = TOP + card(f"::: trial {NCT}") + b"\nBetween.\n\n" + card(f"::: trial {NCT}")
    assert close_trial(text, NCT).count(b"status=closed") == 2
    assert drop_trial(text, NCT) == TOP + b"\nBetween.\n\n"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_ends_a_byte_order_mark_and_a_missing_last_end_stay(end: bytes) -> None:
    top = b"\xef\xbb\xbf" + TOP.replace(b"\n", end)
    after = end + b"Ol\xc3\xa9." + end + b"No end"
    text = top + card(f"::: trial {NCT}", b"Text." + end, end) + after
    assert close_trial(text, NCT) == top + card(f"::: trial {NCT} status=closed", b"Text." + end, end) + after
    assert drop_trial(text, NCT) == top + after


def test_dropping_leaves_one_empty_line_where_there_were_two() -> None:
    assert drop_trial(TOP + b"Before.\n\n" + card(f"::: trial {NCT}") + b"\nAfter.\n", NCT) == TOP + b"Before.\n\nAfter.\n"
    assert drop_trial(TOP + b"Before.\n" + card(f"::: trial {NCT}") + b"\nAfter.\n", NCT) == TOP + b"Before.\n\nAfter.\n"
    assert drop_trial(TOP + b"Before.\n\n" + card(f"::: trial {NCT}") + b"After.\n", NCT) == TOP + b"Before.\n\nAfter.\n"
    assert drop_trial(TOP + b"Before.\n\n" + card(f"::: trial {NCT}"), NCT) == TOP + b"Before.\n\n"


def test_doing_it_twice_is_doing_it_once() -> None:
    text = TOP + b"Before.\n\n" + card(f"::: trial {NCT}") + b"\nAfter.\n"
    for act in (close_trial, drop_trial):
        assert act(act(text, NCT), NCT) == act(text, NCT)
