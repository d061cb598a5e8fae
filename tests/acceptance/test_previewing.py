"""`newsletter preview`, as an editor in a terminal meets it."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.conftest import NEWSLETTER, Site

Preview = tuple[subprocess.Popen[str], str]


def _start(site: Site, *arguments: str) -> Preview:
    process = subprocess.Popen(
        [NEWSLETTER, "preview", *arguments], cwd=site.folder, env=site.environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+/\S*", process.stdout.readline())
    assert found
    return process, found[0].rstrip(",")


@pytest.fixture
def running(site: Site) -> Iterator[Preview]:
    """Run the preview of the sample issue."""
    process, url = _start(site, "2026-12")
    yield process, url
    process.terminate()
    process.communicate(timeout=20)


def test_it_prints_the_address_of_a_page_that_shows_the_issue(running: Preview) -> None:
    _, url = running
    assert "<title>Preview</title>" in httpx.get(url).text
    assert "Your test results" in httpx.get(f"{url}shown/en/mail").text
    assert "Sus resultados" in httpx.get(f"{url}shown/es/text").text


def test_a_save_comes_to_the_page_with_its_findings(site: Site, running: Preview) -> None:
    _, url = running
    file = site.folder / "issues/2026-12/issue.md"
    with httpx.stream("GET", f"{url}events", timeout=20) as stream:
        events = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        assert next(events)["hindrance"] == ""
        file.write_text(file.read_text("utf-8").replace("::: helpline", "::: helplne", 1), "utf-8")
        [finding] = next(events)["findings"]
        assert finding["place"].startswith("issues/2026-12/issue.md:")
        assert "helpline" in finding["fix"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_service_manager_end_it_quietly(site: Site, number: signal.Signals) -> None:
    process, _ = _start(site, "2026-12")
    process.send_signal(number)
    printed, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in printed


def test_it_ends_while_windows_are_open(running: Preview) -> None:
    process, url = running
    with httpx.stream("GET", f"{url}events", timeout=20) as stream:
        next(stream.iter_lines())
        process.terminate()
        assert process.wait(10) == 0


def test_the_language_that_is_asked_for_is_shown_first(site: Site) -> None:
    process, url = _start(site, "2026-12", "--language", "es")
    process.terminate()
    process.communicate(timeout=20)
    assert url.endswith("/#es")


def test_an_issue_with_mistakes_is_previewed_too(site: Site) -> None:
    file = site.folder / "issues/2026-12/issue.md"
    file.write_text(file.read_text("utf-8").replace("::: helpline", "::: helplne", 1), "utf-8")
    process, url = _start(site, "issues/2026-12")
    assert process.stdout is not None
    assert "1 error" in process.stdout.readline()
    assert httpx.get(f"{url}shown/en/mail").status_code == 404
    process.terminate()
    process.communicate(timeout=20)


def test_words_that_make_no_sense_are_refused(site: Site) -> None:
    assert site.run("preview", "2031-01", code=2) == site.run("check", "2031-01", code=2)
    assert "no issue" in site.run("preview", "december", code=2)
    assert "en, es" in site.run("preview", "2026-12", "--language", "fr", code=2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "cannot be shown at port" in site.run("preview", "2026-12", "--port", str(taken.getsockname()[1]), code=3)
