"""What all tests share: continuous integration skips nothing, and a property test's time limit is the whole run's."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("newsletter", deadline=None)  # a busy machine is no failure
settings.load_profile("newsletter")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was not run."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        reports = [report.longrepr for report in skipped if isinstance(report.longrepr, tuple)]
        reasons = sorted({reason.removeprefix("Skipped: ") for _, _, reason in reports})
        terminalreporter.write_line(f"NOT RUN: {len(skipped)} tests: {'; '.join(reasons)}", yellow=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of continuous integration in which anything was skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and isinstance(reporter, pytest.TerminalReporter) and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
