"""Finding trials as an editor does: the command line, against a registry that answers on this machine."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import REPOSITORY, Site

SERVER = """
import sys
from pathlib import Path
from newsletter.sources.practice.registry import PracticeRegistry
with PracticeRegistry(Path(sys.argv[1])) as registry:
    print(registry.base_url, flush=True)
    sys.stdin.read()
"""
TO_COME = "NCT09990004"


@pytest.fixture
def site_with_registry(site: Site) -> Iterator[Site]:
    """Give a site whose registry is the practice one, in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, REPOSITORY / "issues/practice-trials.json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        assert server.stdin
        site.environment["NEWSLETTER_TRIALS__BASE_URL"] = server.stdout.readline().strip()
        yield site
        server.stdin.close()


def test_a_search_shows_what_to_choose_from_with_the_nearest_open_site(site_with_registry: Site) -> None:
    printed = site_with_registry.run("trials", "search", "metastatic", "--near", "10001", "--within", "2000mi", "--status", "any")
    lines = [line for line in printed.splitlines() if line.startswith("NCT")]
    assert [line.split()[0] for line in lines] == ["NCT09990001", TO_COME, "NCT09990002"]
    assert "2026-12" in lines[0]
    assert "Invented Cancer Center of New York" in printed
    assert "The registry has 3 trials for this." in printed


def test_a_search_may_be_read_by_a_program(site_with_registry: Site) -> None:
    found = json.loads(
        site_with_registry.run("trials", "search", "metastatic", "--phase", "2", "--format", "json", "--limit", "1")
    )
    assert (found["total"], [trial["nct_id"] for trial in found["trials"]]) == (2, ["NCT09990001"])
    assert found["trials"][0]["issues"] == ["2026-12"]


def test_a_trial_is_added_to_every_language_and_no_check_passes_until_it_is_written_about(site_with_registry: Site) -> None:
    site = site_with_registry
    options = ("trials", "search", "metastatic breast cancer", "--status", "any", "--add", "2026-12")
    assert "Say which of them to add" in site.run(*options, code=2)
    assert "The search did not find NCT09990005" in site.run(*options, "--pick", "NCT09990005", code=2)
    assert "at the end of issues/2026-12/issue.md and issues/2026-12/issue.es.md" in site.run(*options, "--pick", TO_COME)
    assert f"{TO_COME} stands in 2026-12 already." in site.run(*options, "--pick", TO_COME)
    assert TO_COME in site.run("trials", "show", "2026-12")
    assert site.run("check", "2026-12", "--offline", "--on", "2026-12-01", code=1).count("leftover-placeholder") == 6
    for file in ("issue.md", "issue.es.md"):
        path = site.folder / "issues/2026-12" / file
        text = path.read_text("utf-8")
        path.write_text(text[: text.index("@@")] + "A walking group.\n:::\n", "utf-8")
    assert "leftover-placeholder" not in site.run("check", "2026-12", "--offline", "--on", "2026-12-01")


def test_a_number_with_a_slip_is_told_from_words_that_nobody_uses(site_with_registry: Site) -> None:
    assert "without the letter O" in site_with_registry.run("trials", "search", "NCTO9990001")
    assert "letter O" not in site_with_registry.run("trials", "search", "words that no record has")


def test_a_number_alone_is_not_told_that_other_terms_do_not_count(site_with_registry: Site) -> None:
    assert "Asked by number" not in site_with_registry.run("trials", "search", TO_COME)
    assert "Asked by number" in site_with_registry.run("trials", "search", TO_COME, "--near", "10001")


def test_a_closed_trial_is_not_added(site_with_registry: Site) -> None:
    printed = site_with_registry.run("trials", "search", "NCT09990005", "--add", "2026-12", code=3)
    assert "is not open to readers" in printed
    assert "Nothing was added." in printed


def test_saved_searches_are_counted_first_and_then_tell_only_what_is_new(site_with_registry: Site) -> None:
    site = site_with_registry
    assert "Metastatic triple negative: 2 trials. This is the first look" in site.run("trials", "watch")
    assert "Metastatic triple negative: nothing new, 2 trials." in site.run("trials", "watch")
    assert "NCT09990001" in site.run("trials", "watch", "--all")
    (site.folder / "issues/trials.toml").write_text('[[search]]\nname = "Walks"\ntext = "walking"\nstatus = "not-yet"\n', "utf-8")
    [walks] = json.loads(site.run("trials", "watch", "--format", "json"))
    assert (walks["search"], walks["first_look"], walks["number"], walks["news"]) == ("Walks", True, 1, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("search",), "There is no word to search for."),
        (("search", "x", "--near", "99999"), "There is no place for the ZIP code 99999. The nearest ones: 99950"),
        (("search", "x", "--within", "5mi"), "A distance needs a place"),
        (("search", "x", "--near", "10001", "--within", "far"), "“far” is no distance."),
        (("search", "x", "--pick", "NCT09990001"), "say --add ISSUE, too"),
    ],
)
def test_a_search_without_sense_says_what_to_type(site: Site, arguments: tuple[str, ...], said: str) -> None:
    assert said in site.run("trials", *arguments, code=2)


def test_a_registry_that_cannot_be_asked_is_no_empty_list(site: Site) -> None:
    (site.folder / "issues/trials.toml").write_text('[[search]]\nname = "Walks"\ntext = "walking"\n', "utf-8")
    assert "could not be reached" in site.run("trials", "search", "x", code=1)
    assert "could not be asked" in site.run("trials", "watch", code=1)


def test_every_mistake_in_the_saved_searches_is_told_at_once(site: Site) -> None:
    (site.folder / "issues/trials.toml").write_text('[[search]]\nname = "A"\nnear = "x"\n[[search]]\ntext = "y"\n', "utf-8")
    printed = site.run("trials", "watch", code=2)
    assert 'search "A" near: is wrong' in printed
    assert "search number 2 name: is missing" in printed


def test_what_was_mailed_by_hand_stood_on_the_screen_as_well(site_with_registry: Site) -> None:
    site = site_with_registry
    file = site.folder / "issues/trials.toml"
    file.write_text('[[search]]\nname = "Triple negative"\ntext = "triple negative"\n', "utf-8")
    site.run("trials", "watch")
    with sqlite3.connect(site.folder / "var/database/newsletter.sqlite3") as database:
        database.execute("DELETE FROM publishing_foundtrial WHERE nct_id = 'NCT09990002'")
    printed = site.run("trials", "watch", "--mail")
    assert "1 to hear of" in printed
    assert "2 mails to the editors posted." in printed
    for mail in ((), ("--mail",)):
        assert "nothing new" in site.run("trials", "watch", *mail)
