from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import SettingsError, UsageError
from newsletter.sources.trials.search_list import SavedSearch, read_search_list
from newsletter.sources.trials.search_words import build_search, read_distance
from tests.site_folder import REPOSITORY


def read(tmp_path: Path, text: str) -> tuple[SavedSearch, ...]:
    file = tmp_path / "trials.toml"
    file.write_text(text, "utf-8")
    return read_search_list(file)


def test_a_search_is_read_with_all_its_terms(tmp_path: Path) -> None:
    text = '[[search]]\nname="A"\ntext="x"\ncondition="y"\nnear="10001"\nwithin="80km"\n'
    text += 'status=["recruiting","not-yet"]\nphase=[2,"3"]'
    [saved] = read(tmp_path, text)
    assert saved.search == build_search(
        text="x", condition="y", near="10001", within="80km", status=["recruiting", "not-yet"], phase=["2", "3"]
    )
    assert (saved.search.within_miles, saved.search.statuses) == (49.7, ("RECRUITING", "NOT_YET_RECRUITING"))
    assert saved.search.phases == ("PHASE2", "PHASE3")


def test_one_word_may_stand_for_a_list_and_recruiting_is_meant_where_no_status_is_given(tmp_path: Path) -> None:
    one, two = read(tmp_path, '[[search]]\nname="A"\ntext="x"\nstatus="any"\nphase=2\n[[search]]\nname="B"\ntext="x"')
    assert (one.search.phases, two.search.statuses, two.search.phases) == (("PHASE2",), ("RECRUITING",), ())


def test_other_terms_are_another_search_and_another_name_is_not(tmp_path: Path) -> None:
    one, same, other = read(
        tmp_path, '[[search]]\nname="A"\ntext="x"\n[[search]]\nname="B"\ntext="x"\n[[search]]\nname="C"\ntext="x"\nphase=2'
    )
    assert one.terms == same.terms != other.terms


def test_every_mistake_is_reported_at_once_with_the_name_of_its_search(tmp_path: Path) -> None:
    text = """
        [[search]]
        name = "Near nowhere"
        text = "x"
        near = "99999"
        within = "far"
        status = ["closed"]
        phase = ["7", 2]
        colour = "pink"
        [[search]]
        text = "no name"
        [[search]]
        name = "Two\\nlines"
        text = "x"
        [[search]]
        name = "Twice"
        text = "x"
        [[search]]
        name = "Twice"
        text = 3
    """
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, text)
    said = str(refused.value)
    for mistake in (
        'search "Near nowhere" near: is wrong: There is no place for the ZIP code 99999. The nearest ones: 99950',
        'search "Near nowhere" within: is wrong: “far” is no distance.',
        'search "Near nowhere" status 0: is wrong: “closed” is no status. There are: recruiting, not-yet, expanded, any.',
        'search "Near nowhere" phase 0: is wrong: “7” is no phase.',
        'search "Near nowhere" colour: is not known here',
        "search number 2 name: is missing",
        "name: has to be a name on one line",
        'search "Twice": there are two searches of this name',
        'search "Twice" text: has to be text in quotation marks',
    ):
        assert mistake in said


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ("", 'search "A": There is no word to search for.'),
        ('text="x"\nwithin="5mi"', 'search "A": A distance needs a place'),
        ('text="x"\ncondition="NCT01234567"', "is a trial's number"),
        ('text="x"\nnear="10001"\nwithin="9999mi"', "between 1 and 3000 miles"),
    ],
)
def test_terms_that_make_no_sense_together_are_a_mistake_of_the_named_search(tmp_path: Path, terms: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, f'[[search]]\nname="A"\n{terms}')
    assert said in str(refused.value)


def test_no_file_is_no_search_and_a_broken_one_is_explained(tmp_path: Path) -> None:
    assert read_search_list(tmp_path / "none.toml") == ()
    with pytest.raises(SettingsError, match="cannot be read at line 1"):
        read(tmp_path, "name = x")


@pytest.mark.parametrize(
    ("text", "miles"), [("50mi", 50), (" 50 MI ", 50), ("50", 50), ("1 mile", 1), ("80km", 49.7), ("2.5mi", 2.5)]
)
def test_distances_are_read_in_miles_and_kilometres(text: str, miles: float) -> None:
    assert read_distance(text) == miles


@pytest.mark.parametrize("text", ["", "mi", "-5mi", "5 m", "50mi)", "1e3"])
def test_what_is_no_distance_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_distance(text)


def test_the_sample_searches_can_be_read() -> None:
    assert read_search_list(REPOSITORY / "issues" / "trials.toml")
