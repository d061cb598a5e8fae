"""`newsletter links check`, and links in `newsletter check`, as an editor meets them. The sites are on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from tests.acceptance.conftest import Site

ISSUE = """---
title: Links
subject: Where our links lead today
preheader: A letter of links, for trying them out before anybody gets it
language: {language}
review_by: 2090-01-01
---
## One {{#one}}

Read [the guide]({at}/guide) and
[the old leaflet]({at}/old),
[the list]({at}/gone#top).

* [our archive]({own}/issues/2026-10/en/)

::: resource {at}/wall "A page behind a wall"
Who made it.
:::

::: helpline
:::

::: callout kind=important
This is not medical advice. Esto no es un consejo médico. Talk with your care team.
:::
"""


@pytest.fixture
def sites(site: Site, httpserver: HTTPServer) -> Iterator[HTTPServer]:
    """Serve some pages, and write an issue in two languages that links to them."""
    at = httpserver.url_for("/").removesuffix("/")
    page = "<!doctype html><title>A page</title><h1>A page</h1>"
    for path in ("/", "/guide", "/new"):
        httpserver.expect_request(path).respond_with_data(page, content_type="text/html")
    httpserver.expect_request("/old").respond_with_data("", status=301, headers={"Location": "/new"})
    httpserver.expect_request("/gone").respond_with_data("", status=404)
    httpserver.expect_request("/wall").respond_with_data("", status=403)
    folder = site.folder / "issues/2031-02"
    folder.mkdir()
    (site.folder / "issues/2026-10").mkdir()
    (site.folder / "issues/2026-10/issue.md").write_text("")
    for name, language in (("issue.md", "en"), ("issue.es.md", "es")):
        (folder / name).write_text(ISSUE.format(language=language, at=at, own=site.url("")), "utf-8")
    site.environment |= {
        "NEWSLETTER_LINKS__ASK": "true",
        "NEWSLETTER_LINKS__PRIVATE_HOSTS": '["localhost"]',
        "NEWSLETTER_NEWSLETTER__HOME_PAGE": f"{at}/",
    }
    yield httpserver
    httpserver.clear()


def found(printed: str) -> set[tuple[str, str, int, int]]:
    """Give rule, file, line and column of each finding about a link that was asked."""
    rules = {"link-dead", "link-moved", "link-unchecked", "link-unsafe", "link-page-missing"}
    return {
        (one["rule"], one["place"]["file"].rpartition("/")[2], one["place"]["line"], one["place"]["column"])
        for one in json.loads(printed)["findings"]
        if one["rule"] in rules
    }


def test_what_is_broken_is_said_with_the_place_in_each_language_and_exit_1(site: Site, sites: HTTPServer) -> None:
    printed = site.run("links", "check", "2031-02", "--format", "json", code=1)
    assert found(printed) == {
        (rule, file, line, column)
        for file in ("issue.md", "issue.es.md")
        for rule, line, column in (("link-moved", 11, 1), ("link-dead", 12, 1), ("link-unchecked", 16, 1))
    }
    kinds = {one["address"].rpartition("/")[2]: one["kind"] for one in json.loads(printed)["links"]}
    assert kinds == {"guide": "fine", "old": "moved", "gone": "dead", "wall": "could_not_check", "": "fine"}


def test_a_person_reads_what_to_do_about_each(site: Site, sites: HTTPServer) -> None:
    printed = site.run("links", "check", "2031-02", code=1)
    assert "gone is broken: the page is not there (404)." in printed
    assert f"→ Write {sites.url_for('/new')}, if it opens the same page." in printed
    assert "wall could not be checked: the site turns programs away (403)." in printed
    assert "5 links: 2 fine, 1 moved, 1 broken, 1 could not be checked." in printed


def test_nothing_is_asked_twice_on_a_day_unless_asked_for(site: Site, sites: HTTPServer) -> None:
    site.run("links", "check", "2031-02", code=1)
    asked = len(sites.log)
    site.run("links", "check", "2031-02", code=1)
    assert len(sites.log) == asked
    site.run("links", "check", "2031-02", "--fresh", code=1)
    assert len(sites.log) == 2 * asked


def test_what_a_person_has_opened_is_listed_and_no_longer_asked(site: Site, sites: HTTPServer) -> None:
    site.environment["NEWSLETTER_LINKS__ACCEPT"] = json.dumps([sites.url_for("/wall"), sites.url_for("/gone")])
    printed = site.run("links", "check", "2031-02")
    assert "5 links: 2 fine, 1 moved, 2 not asked." in printed
    assert {request.path for request, _ in sites.log} == {"/", "/guide", "/old", "/new"}


def test_check_asks_the_links_too_and_lets_the_issue_pass(site: Site, sites: HTTPServer) -> None:
    printed = site.run("check", "2031-02", "--on", "2031-02-01")
    assert "(link-dead)" in printed
    assert "(link-unchecked)" in printed


def test_check_offline_asks_nobody(site: Site, sites: HTTPServer) -> None:
    assert "(link-" not in site.run("check", "2031-02", "--offline", "--on", "2031-02-01").replace("(link-not-https)", "")
    assert sites.log == []


def test_sarif_names_the_rules_and_lines(site: Site, sites: HTTPServer) -> None:
    [run] = json.loads(site.run("links", "check", "2031-02", "--format", "sarif", code=1))["runs"]
    assert {"link-dead", "link-moved", "link-unchecked"} <= {result["ruleId"] for result in run["results"]}
    assert "link-dead" in {rule["id"] for rule in run["tool"]["driver"]["rules"]}


def test_a_memory_that_cannot_be_read_does_no_harm(site: Site, sites: HTTPServer) -> None:
    site.run("links", "check", "2031-02", code=1)
    (site.folder / "var/cache/links.json").write_text("{")
    site.run("links", "check", "2031-02", code=1)


def test_where_no_site_may_be_asked_it_says_so(site: Site) -> None:
    assert "No site was asked: [links] ask = false" in site.run("links", "check", "2026-12")
