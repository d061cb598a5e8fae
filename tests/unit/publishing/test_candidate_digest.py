from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from newsletter.authoring.lock import TrialLock
from newsletter.authoring.trial import Trial, TrialSite
from newsletter.publishing.candidates import candidate_digest
from tests.contract.publishing.samples import TRIAL, make_asset, make_edition, make_lock

TEXT_FIELDS = ["issue", "language", "written_in", "title", "subject", "preheader", "html", "text", "web"]
EDITIONS = (make_edition("en"), make_edition("es"))
DIGEST = candidate_digest(EDITIONS, make_lock())


def edit(text: str, data: st.DataObject) -> str:
    """Put one character in, take one out, or swap one."""
    position = data.draw(st.integers(0, len(text)))
    taken = data.draw(st.integers(0, 1))
    put = data.draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=1))
    edited = text[:position] + put + text[position + taken :]
    assume(edited != text)
    return edited


@given(name=st.sampled_from(TEXT_FIELDS), which=st.integers(0, 1), data=st.data())
def test_any_edit_of_an_edition_changes_the_digest(name: str, which: int, data: st.DataObject) -> None:
    editions = list(EDITIONS)
    changes: dict[str, Any] = {name: edit(getattr(editions[which], name), data)}
    editions[which] = replace(editions[which], **changes)
    assert candidate_digest(editions, make_lock()) != DIGEST


@given(position=st.integers(0, 4), bit=st.integers(0, 7))
def test_any_bit_of_a_picture_changes_the_digest(position: int, bit: int) -> None:
    first, second = EDITIONS[0].assets
    data = bytearray(first.data)
    data[position] ^= 1 << bit
    edited = replace(EDITIONS[0], assets=(replace(first, data=bytes(data)), second))
    assert candidate_digest([edited, EDITIONS[1]], make_lock()) != DIGEST


@given(
    name=st.sampled_from([item.name for item in fields(Trial) if item.type == "str" and item.name != "nct_id"]),
    data=st.data(),
)
def test_any_edit_of_the_lock_changes_the_digest(name: str, data: st.DataObject) -> None:
    before = getattr(make_lock().trials[TRIAL], name)
    assert candidate_digest(EDITIONS, make_lock(**{name: edit(before, data)})) != DIGEST


@pytest.mark.parametrize(
    "changed",
    [
        candidate_digest(EDITIONS[:1], make_lock()),
        candidate_digest(EDITIONS, TrialLock()),
        candidate_digest(EDITIONS, make_lock(collaborators=("Another",))),
        candidate_digest(EDITIONS, make_lock(sites=(TrialSite(country="Spain"),))),
        candidate_digest(EDITIONS, make_lock(), review_by=date(2027, 1, 1)),
        candidate_digest(EDITIONS, make_lock(), cards={TRIAL: "open"}),
        candidate_digest([replace(EDITIONS[0], assets=EDITIONS[0].assets[::-1]), EDITIONS[1]], make_lock()),
        candidate_digest([replace(EDITIONS[0], assets=()), EDITIONS[1]], make_lock()),
        candidate_digest(
            [
                replace(EDITIONS[0], assets=tuple(replace(asset, media_type="image/gif") for asset in EDITIONS[0].assets)),
                EDITIONS[1],
            ],
            make_lock(),
        ),
        candidate_digest([replace(EDITIONS[0], assets=(*EDITIONS[0].assets, make_asset(b"third"))), EDITIONS[1]], make_lock()),
    ],
)
def test_what_else_was_approved_counts_too(changed: str) -> None:
    assert changed != DIGEST


def test_the_order_in_which_editions_are_given_does_not_matter() -> None:
    assert candidate_digest(EDITIONS[::-1], make_lock()) == DIGEST


def test_whom_a_correction_goes_to_is_part_of_the_digest_and_other_issues_keep_theirs() -> None:
    assert candidate_digest(EDITIONS, make_lock(), corrects="") == DIGEST
    assert len({candidate_digest(EDITIONS, make_lock(), corrects=issue) for issue in ("", "2026-10", "2026-12")}) == 3
