"""Trials into an issue's files: what stands there afterwards, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from django.conf import settings

from newsletter.authoring.beginning import Beginning, begin_issue
from newsletter.authoring.folder import read_issues
from newsletter.authoring.lock import LOCK_FILE, TrialLock, read_lock
from newsletter.authoring.trial import Trial
from newsletter.checking.trials import TrialAnswer
from newsletter.checking.written_issue import trial_cards
from newsletter.config import Config
from newsletter.errors import IssueError, NotAllowedError, SourceError
from newsletter.publishing.adding_trials import TO_WRITE, AddedTrial, add_trials, find_issues_with
from tests.site_folder import REPOSITORY

ISSUE = "2026-12"
FILES = (f"issues/{ISSUE}/issue.md", f"issues/{ISSUE}/issue.es.md")
NEW, ANOTHER, STANDING = "NCT09990011", "NCT09990012", "NCT09990001"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    for name in ("templates", "subscribers"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    shutil.copytree(REPOSITORY / "issues", tmp_path / "issues")
    known: Config = settings.NEWSLETTER
    return known.model_copy(update={"home": tmp_path})


def answer(nct_id: str = NEW, status: str = "RECRUITING", **about: Any) -> TrialAnswer:
    return TrialAnswer(nct_id, Trial(nct_id, "An invented trial", status, checked_on="2026-11-20", **about))


def bytes_of(config: Config) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(config.path(f"issues/{ISSUE}").iterdir()) if file.is_file()}


def test_a_trial_gets_a_card_in_every_language_and_is_locked(config: Config) -> None:
    before = read_lock(config.path(f"issues/{ISSUE}"), f"issues/{ISSUE}")
    assert add_trials(config, ISSUE, [answer()]) == [AddedTrial(NEW, FILES)]
    issues = read_issues(config.home, ISSUE, config.newsletter.languages)
    assert [trial_cards([one])[NEW] for one in issues] == ["open", "open"]
    assert issues[0].lock == TrialLock(MappingProxyType({**before.trials, NEW: answer().found}))  # type: ignore[dict-item]
    for file, language in zip(FILES, ("en", "es"), strict=True):
        assert config.path(file).read_text("utf-8").endswith(f"::: trial {NEW}\n{TO_WRITE[language]}\n:::\n")


@pytest.mark.parametrize(("status", "card"), [("NOT_YET_RECRUITING", "not_yet"), ("AVAILABLE", "expanded")])
def test_a_card_says_no_more_than_the_registry(config: Config, status: str, card: str) -> None:
    add_trials(config, ISSUE, [answer(status=status)])
    assert trial_cards(read_issues(config.home, ISSUE, config.newsletter.languages))[NEW] == card


def test_an_issue_that_was_just_begun_takes_a_trial(config: Config) -> None:
    """`newsletter new` leaves subject, sections and sources to be written, and trials are looked for before that."""
    folder = config.path("issues/2027-02")
    begin_issue(config.home, "2027-02", beginning=Beginning("Mets Matters", 2027, 2, {"en": "February", "es": "febrero"}))
    files = ("issues/2027-02/issue.md", "issues/2027-02/issue.es.md")
    assert add_trials(config, "2027-02", [answer()]) == [AddedTrial(NEW, files)]
    assert add_trials(config, "2027-02", [answer()]) == [AddedTrial(NEW, ())]
    assert set(read_lock(folder, "issues/2027-02").trials) == {NEW}
    assert all(config.path(file).read_text("utf-8").count(f"::: trial {NEW}\n") == 1 for file in files)


def test_a_trial_that_stands_there_already_is_said_and_nothing_is_written(config: Config) -> None:
    before = bytes_of(config)
    assert add_trials(config, ISSUE, [answer(STANDING)]) == [AddedTrial(STANDING, ())]
    assert bytes_of(config) == before


def test_a_language_that_lacks_the_card_gets_it(config: Config) -> None:
    english = config.path(FILES[0])
    english.write_text(english.read_text("utf-8") + f"\n::: trial {NEW}\nWritten already.\n:::\n", "utf-8")
    assert add_trials(config, ISSUE, [answer()]) == [AddedTrial(NEW, FILES[1:])]
    assert english.read_text("utf-8").count(NEW) == 1


@pytest.mark.parametrize(
    ("refused", "error", "said"),
    [
        (answer(ANOTHER, "COMPLETED"), NotAllowedError, "is not open to readers"),
        (answer(ANOTHER, "UNKNOWN"), NotAllowedError, "is not open to readers"),
        (TrialAnswer(ANOTHER), NotAllowedError, "is not in the registry"),
        (TrialAnswer(ANOTHER, problem="(429)"), SourceError, "could not be checked"),
        (answer(ANOTHER, "ALMOST_RECRUITING"), SourceError, "could not be checked"),
    ],
)
def test_a_trial_that_may_not_be_listed_keeps_all_from_being_added(
    config: Config, refused: TrialAnswer, error: type[Exception], said: str
) -> None:
    before = bytes_of(config)
    with pytest.raises(error, match=said) as raised:
        add_trials(config, ISSUE, [answer(), refused])
    assert "Nothing was added." in str(raised.value)
    assert bytes_of(config) == before


def test_an_issue_with_mistakes_is_left_alone(config: Config) -> None:
    config.path(FILES[1]).write_text("no front matter", "utf-8")
    before = bytes_of(config)
    with pytest.raises(IssueError):
        add_trials(config, ISSUE, [answer()])
    assert bytes_of(config) == before


def test_the_issues_that_hold_a_card_are_found_the_latest_first(config: Config) -> None:
    for name in ("2026-10", "2027-02"):
        shutil.copytree(config.path(f"issues/{ISSUE}"), config.path(f"issues/{name}"))
    config.path("issues/2026-10/issue.md").write_text(f"broken\n:::: trial {NEW}\nno trial NCT09990099\n", "utf-8")
    standing = find_issues_with(config.home)
    assert standing[STANDING] == ["2027-02", "2026-12", "2026-10"]
    assert standing[NEW] == ["2026-10"]
    assert "NCT09990099" not in standing


def test_the_lock_is_written_as_refresh_would_write_it(config: Config) -> None:
    add_trials(config, ISSUE, [answer(ANOTHER), answer()])
    lock = config.path(f"issues/{ISSUE}/{LOCK_FILE}")
    assert lock.read_bytes() == read_lock(lock.parent, f"issues/{ISSUE}").to_bytes()
    assert list(json.loads(lock.read_bytes())["trials"]) == sorted(json.loads(lock.read_bytes())["trials"])
