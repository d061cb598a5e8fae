"""Watching saved searches at the practice registry, over real HTTP, on every database."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.config import Config
from newsletter.errors import TemplateError
from newsletter.postbox.models import Notice, ServiceMail
from newsletter.postbox.posting import open_content
from newsletter.publishing.models import FoundTrial, SearchState
from newsletter.publishing.trial_searches import (
    Told,
    WatchedSearch,
    ask_searches,
    due_searches,
    mark_told,
    remember,
    remember_and_mail,
    watch_due_searches,
)
from newsletter.settings import Person, TrialSettings
from newsletter.sources.practice.registry import PracticeRegistry
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.sources.trials.search_list import SavedSearch
from newsletter.sources.trials.search_words import build_search
from tests.contract.publishing.samples import NOW
from tests.unit.sources.records import study, write_records

pytestmark = [pytest.mark.database, pytest.mark.django_db]

ONE, TWO, THREE = "NCT09990001", "NCT09990002", "NCT09990003"
WEEK = timedelta(days=7)
INVENTED = SavedSearch("Invented", build_search(text="invented", status=["any"]))
PEOPLE = {
    "ines": Person(name="Inés Ejemplo", address="ines@metsmatters.example", roles=("editor",), language="es"),
    "sam": Person(name="Sam Example", address="sam@metsmatters.example", roles=("editor",)),
}


class Desk:
    """Editors who look at one practice registry, week after week."""

    def __init__(self, file: Path) -> None:
        self.practice = PracticeRegistry(write_records(file, study(ONE), study(TWO, "NOT_YET_RECRUITING")))
        self.file = file
        self.now = NOW
        known: Config = settings.NEWSLETTER
        self.config = known.model_copy(update={"people": PEOPLE})

    @property
    def registry(self) -> TrialRegistry:
        return client(self.practice.base_url)

    def add(self, nct_id: str, status: str = "RECRUITING") -> None:
        with self.practice._lock:
            self.practice._studies[nct_id] = study(nct_id, status)

    def change(self, nct_id: str, status: str) -> None:
        self.practice.change_status(nct_id, status)

    def look(self, *searches: SavedSearch, told: Told = "shown") -> WatchedSearch:
        """Look a week later, and give how the first search stands."""
        self.now += WEEK
        [first, *_] = remember(ask_searches(searches or [INVENTED], self.registry), told=told, now=self.now)
        return first

    def show(self, *searches: SavedSearch) -> list[tuple[str, bool]]:
        """Look a week later, and remember that it was shown."""
        news = self.look(*searches).news
        mark_told(news, told="shown")
        return [(item.nct_id, item.is_new) for item in news]

    def mail(self, *searches: SavedSearch) -> list[str]:
        """Mail a week later; give the texts of the mails that were posted by it."""
        self.now += WEEK
        known = set(ServiceMail.objects.values_list("pk", flat=True))
        _, posted = remember_and_mail(ask_searches(searches or [INVENTED], self.registry), config=self.config, now=self.now)
        mails = [open_content(mail.key, mail.content) for mail in ServiceMail.objects.exclude(pk__in=known).order_by("pk")]
        assert posted == len(mails)
        return [mail.text for mail in mails]


def client(base_url: str) -> TrialRegistry:
    return TrialRegistry(TrialSettings(base_url=base_url, timeout_seconds=5), min_interval_seconds=0, sleep=lambda _: None)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "trials.json")
    with desk.practice:
        yield desk


def json_answer(content: object) -> Response:
    return Response(json.dumps(content), content_type="application/json")


def broken(httpserver: HTTPServer) -> TrialRegistry:
    httpserver.expect_request("/studies").respond_with_data("no", 403)
    return client(httpserver.url_for("").rstrip("/"))


def test_the_first_look_counts_and_tells_nothing_as_new(desk: Desk) -> None:
    watched = desk.look()
    assert (watched.number, watched.first, watched.news) == (2, True, ())
    assert [trial.nct_id for trial in watched.found] == [ONE, TWO]
    assert desk.mail() == []


def test_new_trials_and_those_that_begin_to_recruit_are_told_once(desk: Desk) -> None:
    desk.look()
    desk.add(THREE)
    desk.change(TWO, "RECRUITING")
    assert desk.show() == [(TWO, False), (THREE, True)]
    assert desk.show() == []


def test_a_trial_that_goes_back_to_waiting_is_no_news_and_its_opening_then_is(desk: Desk) -> None:
    desk.look()
    desk.change(ONE, "NOT_YET_RECRUITING")
    assert desk.show() == []
    desk.change(ONE, "RECRUITING")
    assert desk.show() == []  # it was last told of as recruiting, and is
    desk.change(TWO, "RECRUITING")
    assert desk.show() == [(TWO, False)]


def test_a_trial_that_closed_and_opens_again_is_news(desk: Desk) -> None:
    desk.look()
    desk.change(ONE, "SUSPENDED")
    assert desk.show() == []
    assert FoundTrial.objects.get(nct_id=ONE).status == "GONE"
    desk.change(ONE, "RECRUITING")
    assert desk.show() == [(ONE, False)]


def test_a_trial_that_only_the_search_lost_is_no_news_when_it_comes_back(desk: Desk) -> None:
    desk.look()
    title = desk.practice._studies[ONE]["protocolSection"]["identificationModule"]
    title["briefTitle"] = "Another title"
    assert desk.show() == []
    assert FoundTrial.objects.get(nct_id=ONE).status == "RECRUITING"
    title["briefTitle"] = "An invented trial"
    assert desk.show() == []


def test_what_was_found_and_closed_before_anybody_was_told_is_told_as_new_when_it_opens(desk: Desk) -> None:
    desk.look()
    desk.add(THREE)
    desk.look()  # nobody was told: the process died
    desk.change(THREE, "COMPLETED")
    assert desk.show() == []
    desk.change(THREE, "RECRUITING")
    assert desk.show() == [(THREE, True)]


def test_a_process_that_dies_before_it_told_loses_nothing(desk: Desk) -> None:
    desk.look()
    desk.add(THREE)
    assert [item.nct_id for item in desk.look().news] == [THREE]
    assert desk.show() == [(THREE, True)]


def test_other_terms_begin_anew_and_another_search_does_not_mind(desk: Desk) -> None:
    desk.look()
    desk.add(THREE)
    narrower = SavedSearch(INVENTED.name, build_search(text="invented"))
    assert (desk.look(narrower).first, desk.look(narrower).first) == (True, False)
    assert desk.look(SavedSearch("Another", INVENTED.search)).first
    assert desk.show() == []  # the old words count as new ones now


def test_a_search_that_could_not_be_asked_changes_nothing_and_tells_later(desk: Desk, httpserver: HTTPServer) -> None:
    desk.look()
    before = list(FoundTrial.objects.order_by("pk").values())
    desk.add(THREE)
    [watched] = remember(ask_searches([INVENTED], broken(httpserver)), told="shown", now=desk.now)
    assert "403" in watched.problem
    assert not watched.first
    assert list(FoundTrial.objects.order_by("pk").values()) == before
    assert SearchState.objects.get().problem == watched.problem
    assert desk.show() == [(THREE, True)]
    assert SearchState.objects.get().problem == ""


def test_a_search_that_fails_stops_no_other(desk: Desk, httpserver: HTTPServer) -> None:
    other = SavedSearch("Zebra", build_search(text="zebra"))

    class Halves:
        """Answers one search and not the other."""

        def pages(self, params: Any, *, at_most: int = 20) -> Any:
            good = params["query.term"] == "invented"
            return (desk.registry if good else broken(httpserver)).pages(params, at_most=at_most)

        ask = desk.registry.ask

    failed, good = remember(ask_searches([other, INVENTED], Halves()), told="shown", now=desk.now)
    assert (failed.name, bool(failed.problem), good.number, good.problem) == ("Zebra", True, 2, "")


def test_a_search_too_wide_to_be_watched_says_so(desk: Desk, httpserver: HTTPServer) -> None:
    def page(request: Request) -> Response:
        token = int(request.args.get("pageToken", "0")) + 1
        return json_answer({"studies": [study(f"NCT0{token:07}")], "totalCount": 1312, "nextPageToken": str(token)})

    httpserver.expect_request("/studies").respond_with_handler(page)
    [watched] = remember(ask_searches([INVENTED], client(httpserver.url_for("").rstrip("/"))), told="shown", now=NOW)
    assert watched.problem == "it finds 1,312 trials, too many to watch: narrow it in issues/trials.toml."
    assert not FoundTrial.objects.exists()


def test_news_is_mailed_once_to_each_editor_in_their_language(desk: Desk) -> None:
    desk.mail()
    desk.add(THREE)
    desk.change(TWO, "RECRUITING")
    spanish, english = desk.mail()
    assert "nuevo, y busca participantes" in spanish
    assert f"{THREE}, new, and recruiting" in english
    assert f"{TWO}, recruits now" in english
    assert f"newsletter trials search {TWO} --add ISSUE" in english
    assert desk.mail() == []


def test_a_look_at_the_screen_takes_nobodys_mail_away(desk: Desk) -> None:
    desk.look()
    desk.add(THREE)
    assert desk.show() == [(THREE, True)]
    assert len(desk.mail()) == 2
    assert desk.show() == []
    assert desk.mail() == []


def test_the_same_trial_may_be_news_again_after_it_was_closed(desk: Desk) -> None:
    desk.mail()
    for _ in range(2):
        desk.change(ONE, "SUSPENDED")
        assert desk.mail() == []
        desk.change(ONE, "RECRUITING")
        assert len(desk.mail()) == 2
    assert Notice.objects.count() == 2


def test_with_nobody_to_mail_the_news_waits(desk: Desk) -> None:
    desk.mail()
    desk.add(THREE)
    everybody, desk.config = desk.config, desk.config.model_copy(update={"people": {}})
    assert desk.mail() == []
    desk.config = everybody
    assert len(desk.mail()) == 2


def test_a_mail_that_cannot_be_drawn_leaves_everything_as_it_was(desk: Desk, tmp_path: Path) -> None:
    desk.mail()
    desk.add(THREE)
    before = list(SearchState.objects.values()), list(FoundTrial.objects.order_by("pk").values())
    whole = desk.config
    shutil.copytree(whole.path("templates"), tmp_path / "templates")
    (tmp_path / "templates/service/en/alert-found.txt.j2").unlink()
    desk.config = whole.model_copy(update={"home": tmp_path})
    with pytest.raises(TemplateError):
        desk.mail()
    assert (list(SearchState.objects.values()), list(FoundTrial.objects.order_by("pk").values())) == before
    desk.config = whole
    assert len(desk.mail()) == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_mail_at_the_same_time_mail_once(desk: Desk) -> None:
    desk.mail()
    desk.add(THREE)
    asked = ask_searches([INVENTED], desk.registry)

    def mail(_: int) -> int:
        try:
            return remember_and_mail(asked, config=desk.config, now=desk.now + WEEK)[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(mail, range(2))) == [0, 2]
    assert ServiceMail.objects.count() == 2


def due(now: datetime) -> list[str]:
    return [one.name for one in due_searches([INVENTED, SavedSearch("Other", INVENTED.search)], now)]


def test_the_clock_asks_no_search_that_nobody_asked_by_hand() -> None:
    assert due(NOW) == []


def test_a_search_is_due_a_week_after_it_was_asked_and_takes_others_along(desk: Desk) -> None:
    desk.look()
    assert (due(desk.now + timedelta(days=6)), due(desk.now + WEEK)) == ([], ["Invented"])
    asked = SearchState.objects.create(name="Other", answered_at=NOW, asked_at=desk.now + timedelta(days=5))
    assert due(desk.now + timedelta(days=6)) == []
    assert due(desk.now + WEEK) == ["Invented", "Other"]
    asked.asked_at = desk.now + timedelta(days=6, hours=1)
    asked.save()
    assert due(desk.now + WEEK) == ["Invented"]


def test_a_search_that_could_not_be_asked_is_tried_again_after_a_day(desk: Desk, httpserver: HTTPServer) -> None:
    desk.look()
    remember(ask_searches([INVENTED], broken(httpserver)), told="shown", now=desk.now)
    assert due(desk.now + timedelta(hours=23)) == []
    assert due(desk.now + timedelta(days=1)) == ["Invented"]


def test_the_clock_mails_what_is_due_and_says_what_could_not_be_asked(desk: Desk, httpserver: HTTPServer) -> None:
    desk.look()
    desk.add(THREE)

    def tick(registry: TrialRegistry, **later: float) -> str:
        return watch_due_searches([INVENTED], registry, config=desk.config, now=desk.now + timedelta(**later))

    assert tick(desk.registry, days=1) == ""
    assert ServiceMail.objects.count() == 0
    assert "Invented: the registry refused to answer (403)" in tick(broken(httpserver), days=7)
    assert ServiceMail.objects.count() == 0
    assert tick(desk.registry, days=8) == ""
    assert ServiceMail.objects.count() == 2
    assert tick(desk.registry, days=8) == ""
    assert ServiceMail.objects.count() == 2
