"""`newsletter preview`: the issue as readers will see it, while it is being written."""

from __future__ import annotations

import sys
import threading
import webbrowser
from typing import Annotated

import typer

from newsletter.authoring.folder import issue_name
from newsletter.cli.arguments import IssueArgument, day
from newsletter.cli.printing import console, counted
from newsletter.cli.stopping import stop_on_signals
from newsletter.config import load_config
from newsletter.errors import UsageError
from newsletter.findings import Severity
from newsletter.preview.reading import NO_FILE
from newsletter.preview.server import PreviewServer
from newsletter.preview.state import Preview, PreviewState
from newsletter.preview.watching import watch_issue

PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="Where to show it; any free port if not given.")]
LanguageOption = Annotated[str, typer.Option("--language", metavar="LANGUAGE", help="The language shown first, such as es.")]
OpenOption = Annotated[bool, typer.Option("--no-open", help="Do not open a browser; only print the address.")]


def preview(issue: IssueArgument, *, port: PortOption = 0, language: LanguageOption = "", no_open: OpenOption = False) -> None:
    """Show an issue in your browser while you write it: every save is shown within a second, with its findings.

    On this machine only, and without asking anybody: whether trials still recruit is asked by `newsletter check`. Ctrl-C ends it.
    """
    config = load_config()
    name = issue_name(issue)
    if language and language not in config.newsletter.languages:
        known = ", ".join(config.newsletter.languages)
        raise UsageError(f"The newsletter has no language “{language}”. Its languages: {known}.")
    seen = Preview(config.home, name, today=lambda: day(""))
    if seen.state.reading.hindrance == NO_FILE:
        raise UsageError(seen.state.reading.findings[0].message)
    with stop_on_signals() as stop, PreviewServer(seen, port) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="preview", daemon=True).start()
        url = server.url + (f"#{language}" if language else "")
        console.print(f"{name} at [bold]{url}[/], for this machine only. Save a file and look; Ctrl-C ends it.")
        _say(seen.state)

        def read_again() -> None:
            if seen.read_again():
                _say(seen.state)

        watching = watch_issue(config.home, name, read_again, stop=stop)
        if not no_open and sys.stdout.isatty():
            webbrowser.open(url)
        stop.wait()
        seen.close()
        server.shutdown()
        for thread in watching:
            thread.join(2)


def _say(state: PreviewState) -> None:
    """Print one line about what was read."""
    findings = state.reading.findings
    counts = [(sum(finding.severity is severity for finding in findings), severity) for severity in Severity]
    words = ", ".join(counted(count, severity) for count, severity in counts if count) or "no findings"
    console.print(f"Read in {state.milliseconds:.0f} ms: {words}. {state.reading.hindrance}".rstrip(), markup=False)
