"""What a check of an issue does not load: libraries that only some issues need."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Site

EVENT = '\n::: event 2099-02-11T18:00 "A talk" zone=America/New_York place="Online"\n:::\n'


@pytest.mark.parametrize("library", ["icalendar", "PIL", "django", "httpx"])
def test_a_check_loads_no_library_that_the_issue_does_not_need(site: Site, library: str) -> None:
    assert f"| {library}" not in _imports(site)


def test_an_issue_with_an_event_loads_the_calendar_library(site: Site) -> None:
    issue = site.folder / "issues/2026-12/issue.md"
    issue.write_text(issue.read_text("utf-8") + EVENT, "utf-8")
    assert "icalendar" in _imports(site)


def _imports(site: Site) -> str:
    """Give the names of the modules that a check imports, each behind the time it took."""
    site.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    printed = site.run("check", "2026-12", "--offline", cold=True)
    assert "newsletter.checking" in printed
    return " ".join(printed.split())
