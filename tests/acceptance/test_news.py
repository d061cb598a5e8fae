"""The editors' inbox, from the command line, with feeds of a local server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.acceptance.conftest import Site

FEEDS = """
[topics]
"metasta*" = 5
"ensayo clínico" = 3

[[feed]]
name = "Good news"
url = "{url}/good"
weight = 2

[[feed]]
name = "Buenas noticias"
url = "{url}/es"
language = "es"

[[feed]]
name = "Gone"
url = "{url}/gone"
"""


def rss(*items: tuple[str, str]) -> str:
    published = format_datetime(datetime.now(UTC) - timedelta(days=2))
    entries = "".join(
        f"<item><title>{title}</title><link>https://example.org/{page}</link><pubDate>{published}</pubDate></item>"
        for title, page in items
    )
    return f"<rss version='2.0'><channel><title>News</title>{entries}</channel></rss>"


@pytest.fixture
def news(site: Site, httpserver: HTTPServer) -> Site:
    httpserver.expect_request("/good").respond_with_data(
        rss(
            ("A walk in the park", "walk"),
            ("Metastatic [bold]cancer[/bold]: a \x1b[31mdrug", "drug?utm_source=feed"),
            ("A bad date", "bad"),
        )
    )
    httpserver.expect_request("/es").respond_with_data(rss(("Un ensayo clínico", "ensayo"), ("Lo mismo", "drug")).encode())
    httpserver.expect_request("/gone").respond_with_data("", status=410)
    (site.folder / "issues/feeds.toml").write_text(FEEDS.format(url=httpserver.url_for("").rstrip("/")), "utf-8")
    site.environment["NEWSLETTER_FEEDS__PRIVATE_HOSTS"] = '["localhost"]'
    return site


def listed(site: Site, *more: str) -> dict[str, dict[str, object]]:
    return {entry["title"]: entry for entry in json.loads(site.run("feeds", "list", "--format", "json", *more))}


def test_an_editor_finds_keeps_dismisses_and_clips_news(news: Site) -> None:
    said = news.run("feeds", "pull", code=1)
    assert "Good news: 3 new, 0 changed" in said
    assert "Gone: localhost answered with status 410: the feed is gone for good." in said

    shown = news.run("feeds", "list")
    assert shown.index("Metastatic [bold]cancer[/bold]: a [31mdrug") < shown.index("Un ensayo clínico") < shown.index("A walk")
    assert "metasta* in the title; Good news (weight 2); 2 days old" in shown
    assert "also: Buenas noticias" in shown
    assert "\x1b[31m" not in shown
    assert "2 of 4. More: newsletter feeds list --limit 4" in news.run("feeds", "list", "--limit", "2")

    numbers = {title: str(entry["id"]) for title, entry in listed(news).items()}
    walk, trial = numbers["A walk in the park"], numbers["Un ensayo clínico"]
    assert "1 clipping kept" in news.run("feeds", "keep", walk, "--note", "For spring", "--as", "ada")
    assert "dismissed" in news.run("feeds", "dismiss", numbers["A bad date"])
    assert "A bad date" not in listed(news)
    assert set(listed(news, "--state", "dismissed")) == {"A bad date"}
    news.run("feeds", "note", walk, "For summer")
    assert "note: For summer" in news.run("feeds", "show", walk)

    assert "Un ensayo clínico" in news.run("feeds", "clip", trial, "--to", "2026-12")
    issue = (news.folder / "issues/2026-12/issue.md").read_text("utf-8")
    assert '::: resource https://example.org/ensayo "Un ensayo clínico" language="Spanish"\nFrom Buenas noticias, ' in issue
    assert "stands in 2026-12 already" in news.run("feeds", "clip", trial, "--to", "2026-12", code=3)
    assert listed(news, "--state", "used")["Un ensayo clínico"]["clipped_to"] == "2026-12"
    news.run("feeds", "pull", code=1)
    assert set(listed(news)) == {"A walk in the park", "Metastatic [bold]cancer[/bold]: a [31mdrug"}


def test_the_feeds_and_their_trouble_are_listed(news: Site) -> None:
    assert "never" in news.run("feeds", "list", "--feeds")
    news.run("feeds", "pull", code=1)
    shown = news.run("feeds", "list", "--feeds")
    assert "localhost answered with status 410" in shown
    [good, _, gone] = json.loads(news.run("feeds", "list", "--feeds", "--format", "json"))
    assert (good["weight"], good["problem"], bool(good["pulled_at"])) == (2.0, "", True)
    assert gone["failing_since"]


def test_a_feed_of_this_machine_is_refused_unless_it_is_named(news: Site) -> None:
    del news.environment["NEWSLETTER_FEEDS__PRIVATE_HOSTS"]
    assert "localhost leads to a private network, which is not asked" in news.run("feeds", "pull", code=1)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["feeds", "show", "99"], 2, "no clipping 99"),
        (["feeds", "keep", "98", "99"], 2, "There is no clipping 98, 99"),
        (["feeds", "dismiss", "99", "--as", "nobody"], 2, "Nobody is called “nobody”"),
        (["feeds", "list", "--state", "lost"], 2, "lost"),
        (["feeds", "list", "--limit", "0"], 2, "--limit"),
    ],
)
def test_a_mistake_gets_a_sentence(site: Site, arguments: list[str], code: int, said: str) -> None:
    assert said in site.run(*arguments, code=code)


def test_a_broken_list_of_feeds_is_explained(site: Site) -> None:
    file: Path = site.folder / "issues/feeds.toml"
    file.write_text('[[feed]]\nname = "A"\nurl = "www.example.org"\nweight = 99\n', "utf-8")
    said = site.run("feeds", "pull", code=2)
    assert 'feed "A" url: has to be an address that begins with https:// or http://' in said
    assert 'feed "A" weight: may be 10.0 at most' in said
    file.unlink()
    assert "Make it, with one [[feed]] table" in site.run("feeds", "list", code=2)
