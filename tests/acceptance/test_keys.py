"""`newsletter keys`, as a publisher types it, while everything else goes on."""

from __future__ import annotations

import csv
import email
import json
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.policy import default
from typing import Any

import httpx
import pytest

from tests.acceptance.conftest import Site, links_of, make_due, newsletters

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def listed(site: Site) -> Any:
    return json.loads(site.run("keys", "list", "--format", "json"))


def versions(site: Site) -> set[int]:
    """Give the versions of the keys that people are sealed with, as their first bytes say."""
    with closing(sqlite3.connect(site.folder / "var/database/newsletter.sqlite3")) as database:
        rows = database.execute("SELECT DISTINCT substr(contact, 1, 1), substr(topics, 1, 1) FROM subscribers_subscriber")
        return {column[0] for row in rows for column in row}


def seal_keys(site: Site) -> list[str]:
    return list(json.loads((site.folder / "var/keys.json").read_text())["seal"])


def secrets(site: Site) -> list[str]:
    ring = json.loads((site.folder / "var/keys.json").read_text())
    return [ring["lookup"], ring["django"], *ring["seal"].values(), *ring["link"].values()]


def links(site: Site, number: int) -> list[tuple[str, str]]:
    """Give the links of some mails, to manage and to leave: each mail has both."""
    found = []
    for file in sorted((site.folder / "var/outbox/new").iterdir()):
        message = email.message_from_bytes(file.read_bytes(), policy=default)
        if message["List-Unsubscribe"]:
            text = message.get_body(("plain",))
            assert text is not None
            manage = next(link for link in links_of(text.get_content()) if link.startswith(site.url("/m/")))
            found.append((manage.rstrip(".,)"), str(message["List-Unsubscribe"]).strip("<>")))
        if len(found) == number:
            return found
    raise AssertionError("not so many mails")


def status_soon(url: str, wanted: int) -> int:
    """Give what a page answers, once it is what is wanted or a minute is over."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if (status := httpx.get(url).status_code) == wanted:
            break
        time.sleep(0.2)
    return status


def choose(url: str, topic: str) -> None:
    answer = httpx.post(url, data={"action": "choices", "topic": topic, "language": "en"}, follow_redirects=True)
    assert answer.status_code == 200, answer.text


def chosen(url: str) -> set[str]:
    return set(re.findall(r'name="topic" value="([^"]+)" checked', httpx.get(url).text))


def test_keys_are_changed_while_pages_are_served(served: Site) -> None:
    site, said = served, []
    (manage, leave), (other, _) = links(site, 2)
    assert versions(site) == {1}

    said.append(site.run("keys", "rotate", "--yes", "--as", "ada"))
    assert "rows are sealed again with key 2" in said[0]
    assert versions(site) == {2}
    choose(manage, "trials")
    assert (versions(site), chosen(manage)) == ({2}, {"trials"})

    said.append(site.run("keys", "forget", "2", code=3))
    said.append(site.run("keys", "forget", "1", code=3))
    said.append(site.run("keys", "forget", "1", "--yes", "--as", "ada"))
    assert seal_keys(site) == ["2"]
    assert chosen(manage) == {"trials"}

    said.append(site.run("keys", "rotate", "--links", "--as", "ada"))
    assert httpx.get(manage).status_code == 200
    said.append(site.run("keys", "retire", "2", code=0))
    said.append(site.run("keys", "retire", "1", code=3))
    assert listed(site)["link"] == {"1": "in use", "2": "retired: its links only unsubscribe"}
    said.append(site.run("keys", "rotate", "--links", "--retire", "--as", "ada"))
    assert status_soon(manage, 404) == 404
    assert httpx.post(manage, data={"action": "goodbye"}).status_code == 404
    assert httpx.get(other).status_code == 404
    assert httpx.get(leave).status_code == 200
    assert httpx.post(leave, data=ONE_CLICK).status_code == 200

    assert (site.folder / "var/keys.json").stat().st_mode & 0o777 == 0o600
    assert not [one for one in secrets(site) if one in "".join(said)]


def test_a_backup_of_before_is_sealed_anew_after_its_restore_or_refused_without_its_key(sent_site: Site) -> None:
    site = sent_site
    site.run("backup", "before")
    assert "nowhere else" in site.run("keys", "rotate", code=3)
    assert versions(site) == {1}
    assert "going on with it" in site.run("keys", "rotate")
    site.run("restore", "before", "--as", "ada")
    assert versions(site) == {1}
    site.run("keys", "rotate")
    assert (versions(site), seal_keys(site)) == ({2}, ["1", "2"])
    site.run("keys", "forget", "1", "--yes")
    assert "key ring" in site.run("restore", "before", "--as", "ada", code=2)


def test_a_ring_of_the_environment_is_printed_when_asked_for_and_never_otherwise(sent_site: Site) -> None:
    site = sent_site
    file = site.folder / "var/keys.json"
    site.environment["NEWSLETTER_KEYS"] = file.read_text()
    file.unlink()
    assert "--print" in site.run("keys", "rotate", code=3)
    printed = site.run("keys", "rotate", "--print")
    site.environment["NEWSLETTER_KEYS"] = printed[: printed.rindex("}") + 1]
    assert "going on with it" in site.run("keys", "rotate")
    assert (versions(site), file.exists()) == ({2}, False)


@pytest.fixture
def long_list(approved_site: Site) -> Site:
    """Take in more people, so that a send takes as long as a rotation."""
    file = approved_site.folder / "more.csv"
    with file.open("w", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["email", "first_name", "language", "consent_date", "consent_source", "consent_wording"])
        rows.writerows([f"more{number}@example.org", "Eva", "en", "2026-01-05", "form", "2024-09"] for number in range(1_000))
    approved_site.run("subscribers", "import", str(file), "--apply")
    approved_site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    make_due(approved_site)
    return approved_site


def test_keys_are_changed_while_a_send_runs_and_readers_change_their_minds(long_list: Site) -> None:
    site = long_list
    web, sending = site.start("web"), site.start("send", "2026-12")
    try:
        site.wait_for_pages()
        while len(list((site.folder / "var/outbox").glob("new/*"))) < 20:
            time.sleep(0.05)
        pages = [manage for manage, _ in links(site, 8)]
        with ThreadPoolExecutor(4) as readers:
            rotating = readers.submit(site.run, "keys", "rotate", "--yes")
            wanted: dict[str, str] = {}
            while not rotating.done():
                for page in pages:
                    wanted[page] = "trials" if wanted.get(page) != "trials" else "caregivers"
                    choose(page, wanted[page])
            assert "sealed again" in rotating.result()
        assert {page: chosen(page) for page in pages} == {page: {topic} for page, topic in wanted.items()}
        assert sending.wait(60) == 0
    finally:
        for process in (web, sending):
            process.terminate()
            process.wait(30)
    assert versions(site) == {2}
    status = json.loads(site.run("status", "--format", "json"))[0]
    addresses = [str(message["To"]) for message in newsletters(site)]
    assert len(addresses) == len(set(addresses)) == status["handovers"]["accepted"] > 1_000
