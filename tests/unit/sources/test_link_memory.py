from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from newsletter.checking.link_answers import Hop, LinkAnswer, LinkKind, Trouble, judge_link
from newsletter.settings import LinkSettings
from newsletter.sources.links.looking import look_at_links
from newsletter.sources.links.memory import DOUBT_LASTS, recall, remember

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
GUIDE, TRIALS = "https://example.org/guide", "https://other.example.org/trials"
FINE = LinkAnswer(GUIDE, 200, (Hop(302, f"{GUIDE}/today"),), title="A guide", heading="Guide")


class Sites:
    """What addresses answer, and what was asked."""

    def __init__(self, **answers: LinkAnswer) -> None:
        self.answers = {answer.address: answer for answer in answers.values()}
        self.asked: list[list[str]] = []

    def ask(self, addresses: Sequence[str]) -> Mapping[str, LinkAnswer]:
        if addresses:
            self.asked.append(list(addresses))
        return {address: self.answers.get(address, LinkAnswer(address, 200)) for address in addresses}


def look(file: Path, sites: Sites, *addresses: str, now: datetime = NOW, fresh: bool = False) -> dict[str, LinkAnswer]:
    settings = LinkSettings(accept=("https://wall.example.org/",))
    return look_at_links(addresses or (GUIDE, TRIALS), settings=settings, memory=file, now=now, fresh=fresh, ask=sites.ask)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var/cache/links.json"


@pytest.mark.parametrize(
    "answer",
    [
        FINE,
        LinkAnswer(GUIDE, 404),
        LinkAnswer(GUIDE, trouble=Trouble.CERTIFICATE, detail="it has expired"),
        LinkAnswer(GUIDE, 503),
    ],
)
def test_an_answer_is_remembered_as_it_was(file: Path, answer: LinkAnswer) -> None:
    remember(file, {GUIDE: answer}, now=NOW)
    assert recall(file, now=NOW + timedelta(minutes=5)) == {GUIDE: answer}


def test_what_was_fine_is_asked_again_on_the_next_day_only(file: Path) -> None:
    remember(file, {GUIDE: FINE}, now=NOW)
    assert GUIDE in recall(file, now=NOW.replace(hour=23, minute=59))
    assert recall(file, now=NOW.replace(day=1, month=12, hour=0, minute=1)) == {}
    assert recall(file, now=NOW - timedelta(seconds=1)) == {}


def test_an_answer_from_before_a_given_time_does_not_count(file: Path) -> None:
    sites = Sites()
    look(file, sites, GUIDE)
    later, settings = NOW + timedelta(hours=5), LinkSettings()
    for _ in range(2):
        look_at_links([GUIDE], settings=settings, memory=file, now=later, since=later - timedelta(hours=1), ask=sites.ask)
    assert sites.asked == [[GUIDE]] * 2


@pytest.mark.parametrize("answer", [LinkAnswer(GUIDE, 404), LinkAnswer(GUIDE, 403), LinkAnswer(GUIDE, 200, title="404")])
def test_what_was_not_fine_is_asked_again_after_an_hour(file: Path, answer: LinkAnswer) -> None:
    remember(file, {GUIDE: answer}, now=NOW)
    assert GUIDE in recall(file, now=NOW + DOUBT_LASTS - timedelta(seconds=1))
    assert recall(file, now=NOW + DOUBT_LASTS) == {}


def test_what_no_longer_holds_is_forgotten_when_something_is_added(file: Path) -> None:
    remember(file, {GUIDE: FINE}, now=NOW)
    remember(file, {TRIALS: LinkAnswer(TRIALS, 200)}, now=NOW + timedelta(days=1))
    assert list(orjson.loads(file.read_bytes())["answers"]) == [TRIALS]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"form": 2, "answers": {}}',
        b'{"form": 1}',
        b'{"form": 1, "answers": {"https://example.org/guide": {"asked_at": "2026-11-30T09:00:00+00:00"}}}',
        b'{"form": 1, "answers": {"https://example.org/guide": {"asked_at": "today", "hops": []}}}',
        b'{"form": 1, "answers": {"x": {"asked_at": "2026-11-30T09:00:00", "hops": [], "trouble": null, "address": ""}}}',
        b'{"form": 1, "answers": {"x": {"asked_at": "2026-11-30T09:00:00+00:00", "hops": [], "trouble": "odd", "address": ""}}}',
        b'{"form": 1, "answers": {"x": {"asked_at": "2026-11-30T09:00:00+00:00", "hops": [], "trouble": null, "status": "ok"}}}',
        b'{"form": 1, "answers": {"x": {"asked_at": "2026-11-30T09:00:00+00:00", "hops": [], "trouble": null, "address": ""}}}',
    ],
)
def test_a_file_that_cannot_be_read_does_no_harm(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    assert recall(file, now=NOW) == {}
    remember(file, {GUIDE: FINE}, now=NOW)
    assert recall(file, now=NOW) == {GUIDE: FINE}


def test_a_disk_that_takes_nothing_does_no_harm(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    remember(blocked / "links.json", {GUIDE: FINE}, now=NOW)
    assert recall(blocked / "links.json", now=NOW) == {}


def test_each_address_is_asked_once_and_not_again_on_the_same_day(file: Path) -> None:
    sites = Sites()
    assert list(look(file, sites, GUIDE, TRIALS, GUIDE)) == [GUIDE, TRIALS]
    look(file, sites)
    assert sites.asked == [[GUIDE, TRIALS]]
    look(file, sites, fresh=True)
    assert sites.asked == [[GUIDE, TRIALS]] * 2


def test_an_address_that_a_person_has_opened_is_not_asked(file: Path) -> None:
    sites = Sites()
    assert list(look(file, sites, "https://wall.example.org/", GUIDE)) == [GUIDE]
    assert sites.asked == [[GUIDE]]


def test_a_machine_without_a_way_out_calls_no_link_broken_and_remembers_nothing(file: Path) -> None:
    sites = Sites(a=LinkAnswer(GUIDE, trouble=Trouble.NAME_UNKNOWN), b=LinkAnswer(TRIALS, trouble=Trouble.UNREACHABLE))
    assert {answer.trouble for answer in look(file, sites).values()} == {Trouble.OFFLINE}
    assert not file.exists()


def test_behind_somebody_who_answers_for_every_site_no_link_is_called_unsafe(file: Path) -> None:
    sites = Sites()
    sites.answers = {one: LinkAnswer(one, trouble=Trouble.CERTIFICATE, detail="self-signed") for one in (GUIDE, TRIALS)}
    assert {answer.trouble for answer in look(file, sites).values()} == {Trouble.OFFLINE}


def test_one_site_that_answers_shows_that_the_others_are_broken(file: Path) -> None:
    sites = Sites(a=LinkAnswer(GUIDE, trouble=Trouble.NAME_UNKNOWN), b=LinkAnswer(TRIALS, 403))
    assert judge_link(look(file, sites)[GUIDE]).kind is LinkKind.DEAD


def test_a_single_link_without_an_answer_is_held_against_one_that_answered_today(file: Path) -> None:
    sites = Sites(a=LinkAnswer(GUIDE, trouble=Trouble.NAME_UNKNOWN))
    look(file, sites, TRIALS)
    assert look(file, sites, GUIDE, TRIALS)[GUIDE].trouble is Trouble.NAME_UNKNOWN
    assert sites.asked == [[TRIALS], [GUIDE], [TRIALS]]


def test_what_was_not_asked_is_not_remembered(file: Path) -> None:
    sites = Sites(a=LinkAnswer(GUIDE, trouble=Trouble.NOT_ASKED))
    look(file, sites)
    assert list(recall(file, now=NOW)) == [TRIALS]
