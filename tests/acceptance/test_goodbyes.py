"""Leaving, taking it back, and a death, with curl's eyes and by command."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import httpx

from tests.acceptance.conftest import Site, newsletters


def listed(site: Site) -> Any:
    return json.loads(site.run("subscribers", "stats", "--on", "2026-12-01", "--format", "json"))


def active(site: Site) -> int:
    return sum(listed(site)["by_language"].values())


def value_of(name: str, page: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


def test_a_reader_leaves_says_why_and_comes_back_and_a_family_tells_of_a_death(served: Site) -> None:
    message = max(newsletters(served), key=lambda one: str(one["To"]))
    url = str(message["List-Unsubscribe"]).strip("<>")
    button, relative = url.replace("/u/", "/unsubscribe/"), url.replace("/u/", "/relative/")
    before, died = active(served), listed(served)["ended"]["died"]
    goodbye = httpx.post(button, data={"goodbye": "yes"})
    assert (goodbye.status_code, active(served)) == (200, before - 1)
    back = value_of("back", goodbye.text)
    why = {"why": "yes", "reason": value_of("reason", goodbye.text), "mark": value_of("mark", goodbye.text)}
    assert httpx.post(button, data=why).status_code == httpx.post(button, data=why).status_code == 200
    assert [(one["reason"], one["people"]) for one in listed(served)["reasons"]] == [("too_much_now", 1)]
    assert "said why in" in served.run("subscribers", "stats")
    assert httpx.post(button, data={"back": back}).status_code == 200
    assert active(served) == before
    assert httpx.post(relative, data={"died": "yes"}).status_code == 200
    assert (active(served), listed(served)["ended"]["died"]) == (before - 1, died + 1)
    served.run("subscribers", "revive", str(message["To"]), "--as", "ada")
    assert active(served) == before


def test_a_death_is_written_down_by_command_and_taken_back(site: Site) -> None:
    address = "rosa.lima@example.org"
    site.run("subscribers", "add", address, "--consent", "paper")
    before = active(site)
    said = site.run("subscribers", "died", address, "--as", "ada")
    assert "Nothing is sent to them any more." in said
    assert address not in said
    assert active(site) == before - 1
    assert "must not be mailed" in site.run("subscribers", "add", address, "--consent", "paper", code=3)
    site.run("subscribers", "revive", address, "--as", "ada")
    assert active(site) == before
    assert "Nobody is stored" in site.run("subscribers", "died", "no.reader@example.org", "--as", "ada", code=2)
