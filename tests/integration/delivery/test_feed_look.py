"""The scheduler's look at the feeds, from issues/feeds.toml over HTTP to the inbox and the editors' mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from pytest_httpserver import HTTPServer

from newsletter.cli.ticking import Ticking
from newsletter.config import Config
from newsletter.delivery.alerts import post_alerts
from newsletter.delivery.generations import generation_file
from newsletter.errors import SettingsError
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import open_content
from newsletter.publishing.models import Clipping, FeedState
from newsletter.settings import FeedSettings
from tests.contract.publishing.samples import NOW
from tests.integration.publishing.news import ITEMS, rss
from tests.one_look import take_look
from tests.site_folder import REPOSITORY, make_site_folder

pytestmark = pytest.mark.django_db(transaction=True)

A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    generation_file(settings.NEWSLETTER).unlink(missing_ok=True)


def site(home: Path, feeds: str) -> Config:
    known: Config = settings.NEWSLETTER
    # Not a linked one, as in other tests: what is written there would be written into the repository.
    (home / "issues").mkdir()
    (home / "issues/feeds.toml").write_text(feeds, "utf-8")
    for name in ("templates", "subscribers"):
        (home / name).symlink_to(REPOSITORY / name)
    return known.model_copy(update={"home": home, "feeds": FeedSettings(timeout_seconds=5, private_hosts=("localhost",))})


def pull(config: Config, at: datetime) -> str:
    return take_look(Ticking(config, lambda: at), "feeds")


def feed(name: str, url: str, *, confirmed: bool = True) -> str:
    return f'[[feed]]\nname = "{name}"\nurl = "{url}"\nconfirmed = {"true" if confirmed else "false"}\n'


def told() -> list[str]:
    mails = [open_content(mail.key, mail.content) for mail in ServiceMail.objects.order_by("pk")]
    return [mail.text for mail in mails if "source of news" in mail.subject or "fuente de noticias" in mail.subject]


def test_confirmed_feeds_are_pulled_once_a_day_and_no_others(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/seen").respond_with_data(rss(ITEMS))
    config = site(tmp_path, feed("Seen", httpserver.url_for("/seen")) + feed("New", httpserver.url_for("/new"), confirmed=False))
    for hours in (0, 1, 20):
        assert pull(config, NOW + timedelta(hours=hours)) == ""
    assert [request.path for request, _ in httpserver.log] == ["/seen"]
    assert Clipping.objects.count() == 2
    pull(config, NOW + A_DAY)
    assert len(httpserver.log) == 2


def test_without_a_list_of_feeds_nothing_is_asked_and_nothing_is_wrong(tmp_path: Path) -> None:
    config = site(tmp_path, "")
    (config.home / "issues/feeds.toml").unlink()
    assert pull(config, NOW) == ""


def test_the_sample_asks_nobody(tmp_path: Path) -> None:
    known: Config = settings.NEWSLETTER
    config = known.model_copy(update={"home": make_site_folder(tmp_path / "site")})
    assert pull(config, NOW) == ""
    assert not FeedState.objects.exists()


def test_a_list_with_mistakes_ends_this_look_and_no_other(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"feeds\.toml has mistakes"):
        pull(site(tmp_path, "feed = 3\n"), NOW)


def test_of_a_feed_that_fails_for_a_week_the_editors_are_mailed_once(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/gone").respond_with_data("", status=410)
    config = site(tmp_path, feed("Far away", httpserver.url_for("/gone")))
    for day in range(10):
        assert "Far away: localhost answered with status 410" in pull(config, NOW + day * A_DAY)
        post_alerts(config, NOW + day * A_DAY)
        assert bool(told()) == (day >= 7)
        assert len(told()) == len(set(told()))
    assert all("Far away" in text for text in told())
    assert all("localhost answered with status 410: the feed is gone for good." in text for text in told())
