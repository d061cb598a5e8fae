from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db.models import F, Value
from django.db.models.functions import Concat
from pytest_django.fixtures import DjangoAssertNumQueries

from newsletter.authoring.lock import TrialLock
from newsletter.errors import NotAllowedError
from newsletter.publishing.candidates import freeze, frozen_editions, frozen_lock, latest_candidate, trials_of
from newsletter.publishing.models import Candidate, FrozenAsset, FrozenEdition, FrozenVariant, ShownAsset
from newsletter.rendering.edition import Edition
from tests.contract.publishing.samples import (
    ISSUE,
    NOW,
    TRIAL,
    approve_as,
    make_asset,
    make_edition,
    make_lock,
    make_varied_edition,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]

EDITIONS = (make_edition("en"), make_edition("es"))
VARIED = (make_varied_edition("en"), make_varied_edition("es"))


def frozen(editions: tuple[Edition, ...] = EDITIONS, lock: TrialLock | None = None) -> Candidate:
    return freeze(editions, lock or make_lock(), issue=ISSUE, review_by=date(2027, 3, 1), cards={TRIAL: "open"}, now=NOW)


def test_what_is_frozen_comes_back_byte_for_byte() -> None:
    awkward = replace(EDITIONS[0], web="línea\r\n\t“quoted” \u2028 🎗\n", text=" trailing \n\n")
    candidate = frozen((awkward, EDITIONS[1]))
    assert frozen_editions(candidate.pk) == (awkward, EDITIONS[1])
    assert frozen_lock(candidate) == make_lock()
    assert trials_of(candidate) == {TRIAL: "open"}


def test_the_same_files_give_the_same_candidate() -> None:
    assert frozen() == frozen()
    assert Candidate.objects.count() == 1
    assert FrozenEdition.objects.count() == 2


def test_the_order_of_pictures_survives() -> None:
    assets = tuple(make_asset(bytes([number])) for number in range(5, 0, -1))
    candidate = frozen((replace(EDITIONS[0], assets=(*assets, assets[0])),))
    assert frozen_editions(candidate.pk)[0].assets == (*assets, assets[0])


def test_a_picture_is_stored_once_however_often_it_is_shown() -> None:
    frozen()
    frozen((replace(EDITIONS[0], subject="Another"), EDITIONS[1]))
    assert FrozenAsset.objects.count() == 2


def test_a_published_name_never_changes_its_meaning() -> None:
    frozen()
    impostor = replace(EDITIONS[0].assets[0], data=b"something else")
    with pytest.raises(NotAllowedError, match=impostor.name):
        frozen((replace(EDITIONS[0], assets=(impostor,)),))
    assert Candidate.objects.count() == 1


def test_editions_of_another_issue_are_refused() -> None:
    for editions in [(), (EDITIONS[0], make_edition("es", issue="2026-10"))]:
        with pytest.raises(NotAllowedError, match="not the editions of 2026-12"):
            frozen(editions)


def test_two_editions_in_one_language_are_refused() -> None:
    with pytest.raises(NotAllowedError, match="not the editions of 2026-12"):
        frozen((EDITIONS[0], replace(EDITIONS[0], subject="Another")))


def test_the_latest_candidate_is_what_the_files_were_last() -> None:
    first = frozen()
    second = frozen((replace(EDITIONS[0], subject="Another"), EDITIONS[1]))
    assert latest_candidate(ISSUE) == second
    assert frozen() == first
    assert latest_candidate(ISSUE) == first
    assert latest_candidate("2026-10") is None


def test_files_that_went_back_need_their_approvals_anew() -> None:
    candidate = approve_as("sam", "editor").candidate
    frozen((replace(EDITIONS[0], subject="Another"), EDITIONS[1]))
    back = approve_as("maria", "medical")
    assert back.candidate == candidate
    assert back.roles == ("medical",)
    assert not back.complete


TAMPERINGS: dict[str, Callable[[], object]] = {
    "“en”": lambda: FrozenEdition.objects.filter(language="en").update(web=Concat(F("web"), Value(" "))),
    "“es”": lambda: FrozenEdition.objects.filter(language="es").update(subject="You have won"),
    "the edition “en”, the edition “es”": lambda: FrozenAsset.objects.update(data=b"?"),
    "its lock": lambda: Candidate.objects.update(lock=make_lock(status="COMPLETED").to_bytes()),
    "its lock, ": lambda: Candidate.objects.update(lock=b"not a lock"),
    "its review date": lambda: Candidate.objects.update(review_by=F("review_by") + timedelta(days=900)),
    "its cards": lambda: Candidate.objects.update(cards={}),
    "set of its editions": lambda: (
        ShownAsset.objects.filter(edition__language="es").delete(),
        FrozenEdition.objects.filter(language="es").delete(),
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_candidate_that_was_tampered_with_is_named_and_not_given_out(what: str) -> None:
    candidate = frozen()
    TAMPERINGS[what]()
    with pytest.raises(NotAllowedError, match=what) as error:
        frozen_editions(candidate.pk)
    assert candidate.digest[:12] in str(error.value)


def test_a_lock_in_other_words_is_not_the_lock_that_was_approved() -> None:
    candidate = frozen()
    Candidate.objects.update(lock=make_lock().to_bytes() + b"\n")
    with pytest.raises(NotAllowedError, match="its lock"):
        frozen_editions(candidate.pk)


def test_variants_come_back_byte_for_byte_and_in_their_order(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    candidate = frozen(VARIED)
    with django_assert_num_queries(5):
        assert frozen_editions(candidate.pk) == VARIED
    assert FrozenVariant.objects.count() == 6


def swap(field: str) -> None:
    one, other = FrozenVariant.objects.filter(edition__language="en").order_by("position")[:2]
    here, there = getattr(one, field), getattr(other, field)
    if field == "position":
        FrozenVariant.objects.filter(pk=one.pk).update(position=99)
    FrozenVariant.objects.filter(pk=other.pk).update(**{field: here})
    FrozenVariant.objects.filter(pk=one.pk).update(**{field: there})


VARIANT_TAMPERINGS: dict[str, Callable[[], object]] = {
    "a word more in one": lambda: FrozenVariant.objects.filter(position=1).update(html=Concat(F("html"), Value(" "))),
    "one deleted": lambda: FrozenVariant.objects.filter(position=2).delete(),
    "all deleted": lambda: FrozenVariant.objects.all().delete(),
    "two in each other's place": lambda: swap("position"),
    "two that changed their readers": lambda: swap("topics"),
    "two that changed their words": lambda: swap("html"),
    "one more": lambda: FrozenVariant.objects.create(
        edition=FrozenEdition.objects.get(language="en"), topics=["other"], html="?", text="?", position=9
    ),
    "topics written as one": lambda: FrozenEdition.objects.update(topics=["tnbc,trials"]),
    "topics that are no list": lambda: FrozenEdition.objects.update(topics={"tnbc": 1}),
    "a variant's topics that are no list": lambda: FrozenVariant.objects.filter(position=0).update(topics=7),
}


@pytest.mark.parametrize("what", VARIANT_TAMPERINGS)
def test_a_variant_that_was_tampered_with_is_noticed(what: str) -> None:
    candidate = frozen(VARIED)
    VARIANT_TAMPERINGS[what]()
    with pytest.raises(NotAllowedError, match=r"the edition “en”.* changed in the database"):
        frozen_editions(candidate.pk)


def test_a_variant_slipped_under_an_edition_without_topics_is_noticed() -> None:
    candidate = frozen()
    FrozenVariant.objects.create(edition=FrozenEdition.objects.get(language="en"), topics=[], html="?", text="?", position=0)
    with pytest.raises(NotAllowedError, match="the edition “en”"):
        frozen_editions(candidate.pk)


def test_an_edition_that_lacks_a_variant_is_not_frozen() -> None:
    partial = replace(VARIED[1], narrower=VARIED[1].narrower[1:])
    with pytest.raises(NotAllowedError, match=r"Not every choice of topics has its mail \(es\)"):
        frozen((VARIED[0], partial))
    assert Candidate.objects.count() == 0


def test_a_candidate_of_an_earlier_programs_lock_is_still_what_was_approved() -> None:
    """Its digest was made over the bytes of the first form, which this program reads and writes no more."""
    first_form = json.dumps(
        {
            "version": 1,
            "trials": {
                TRIAL: {
                    "nct_id": TRIAL,
                    "brief_title": "A study of something",
                    "status": "RECRUITING",
                    "recruiting_sites": 1,
                    "countries": ["United States"],
                    "contact_phone": "",
                }
            },
        }
    ).encode()
    candidate = frozen()
    digest = hashlib.sha256(
        json.dumps(
            {
                "editions": {edition.language: edition.digest for edition in EDITIONS},
                "lock": hashlib.sha256(first_form).hexdigest(),
                "review_by": "2027-03-01",
                "cards": {TRIAL: "open"},
            },
            sort_keys=True,
        ).encode()
    ).hexdigest()
    Candidate.objects.filter(pk=candidate.pk).update(lock=first_form, digest=digest)
    candidate.refresh_from_db()
    assert frozen_editions(candidate.pk) == EDITIONS
    assert frozen_lock(candidate).trials[TRIAL] == replace(make_lock().trials[TRIAL], phases=(), sites=())
