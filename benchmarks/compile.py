"""Milliseconds to compile an issue, warm: ``python -m benchmarks.compile``. No network, no database.

npm's mjml runs beside ours where node finds it: in NPM_MJML (a folder with node_modules), here, or among the global packages.
Both get the MJML of a mail with its text in place, as one would write it without our placeholders.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks.npm_mjml import find_npm_mjml, time_npm_mjml
from benchmarks.sides import MEGABYTES, MILLISECONDS, Comparison, Reach, ReachOf, Report, Side, make_parser
from benchmarks.twelve_sections import SAMPLE, link_site, write_round
from newsletter.authoring.folder import read_issues
from newsletter.checking.check import check_editions
from newsletter.checking.written_issue import drafts
from newsletter.config import Config, load_config
from newsletter.rendering.design import Design, load_design
from newsletter.rendering.edition import Edition
from newsletter.rendering.mail_headers import MailHeaders
from newsletter.rendering.mail_page import compile_mjml
from newsletter.rendering.merge import Personal
from newsletter.rendering.message import compile_message
from newsletter.rendering.render import Letterhead, mail_mjml, render_editions

HOME = Path(__file__).resolve().parent.parent
SENT_ON = date(2026, 12, 1)
MESSAGES = 2_000
GOALS = {
    "all": Reach(30, ReachOf.FIGURE),
    "an edition": Reach(10, ReachOf.FIGURE),
    "MJML alone, ours": Reach(1),
}
Result = TypeVar("Result")
FRESH = """
import resource, sys
from datetime import date
from pathlib import Path
from typing import TypeVar
from newsletter.checking.written_issue import read_written_issue
from newsletter.config import load_config
issue = read_written_issue("2026-12", sent_on=date(2026, 12, 1), config=load_config(Path(sys.argv[1])))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@dataclass
class Timings:
    """Milliseconds of each stage, by its name, one for each round."""

    took: dict[str, list[float]] = field(default_factory=dict)

    def time(self, stage: str, work: Callable[[], Result]) -> Result:
        """Do some work and note how long it took."""
        started = time.perf_counter()
        result = work()
        self.took.setdefault(stage, []).append((time.perf_counter() - started) * 1000)
        return result

    def comparison(self, name: str, *, anchor: str = "") -> Comparison:
        """Give what was timed as sides that were measured already."""
        sides = [Side(stage, partial(next, iter(took)), reach=GOALS.get(stage)) for stage, took in self.took.items()]
        return Comparison(name, MILLISECONDS, sides, anchor=anchor)


def main() -> None:
    """Measure both issues, and print."""
    options = make_parser(__doc__, rounds=30).parse_args()
    rounds: int = options.rounds
    report = Report("compile", title="From Markdown to mails: an issue compiled, warm", rounds=rounds)
    config = load_config(HOME)
    design = load_design(HOME)
    measure_sample(report, config, design, rounds=rounds)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        link_site(HOME, folder)
        measure_twelve_sections(report, folder, design, rounds=rounds, another_text=False)
        editions = measure_twelve_sections(report, folder, design, rounds=rounds, another_text=True)
        issues = read_issues(folder, SAMPLE, config.newsletter.languages)
        measure_mjml(report, mail_mjml(issues[0], design, Letterhead.of(config)), rounds=rounds)
        memory = Side("reading, rendering, checking", partial(peak_memory, folder), reach=Reach(120, ReachOf.FIGURE))
        report.compare(Comparison("memory of a fresh process, peak", MEGABYTES, [memory]), rounds=1)
        sizes = ", ".join(f"{edition.language} {len(edition.html.encode()) / 1000:.1f}" for edition in editions)
        report.note(f"The HTML of these twelve sections, all parts open: {sizes} kB (goal 45).")
    report.save(options.json)


def measure_sample(report: Report, config: Config, design: Design, *, rounds: int) -> None:
    """Measure each stage for the sample issue as it is."""
    languages, head, timings = config.newsletter.languages, Letterhead.of(config), Timings()
    personal = Personal("Ana", "ana@example.org", "https://n.example.org/m/x", "https://n.example.org/u/x")
    date_sent = datetime(2026, 12, 1, tzinfo=UTC)
    issues = read_issues(HOME, SAMPLE, languages)
    editions = render_editions(issues, design, head)
    template = compile_message(editions[0], MailHeaders.of(config))

    def messages() -> None:
        for _ in range(MESSAGES):
            template.message(personal, message_id="<0@example.org>", date=date_sent)

    for _ in range(rounds):
        timings.time("read, two languages", lambda: read_issues(HOME, SAMPLE, languages))
        timings.time("render, one edition", lambda: render_editions(issues[:1], design, replace(head, languages=languages[:1])))
        timings.time("render, two editions", lambda: render_editions(issues, design, head))
        timings.time("check, two editions", lambda: check_editions(drafts(issues, editions, sent_on=SENT_ON, config=config)))
        timings.time("compile the message", lambda: compile_message(editions[0], MailHeaders.of(config)))
        timings.time(f"splice {MESSAGES} messages", messages)
    size = len(editions[0].html.encode()) / 1000
    report.compare(timings.comparison(f"the sample issue: {len(issues[0].sections)} sections, html {size:.1f} kB"))


def measure_twelve_sections(report: Report, folder: Path, design: Design, *, rounds: int, another_text: bool) -> list[Edition]:
    """Measure an issue of twelve sections, two languages and four variants: the same again, or another text in each round."""
    config = load_config(folder)
    languages, head, timings = config.newsletter.languages, Letterhead.of(config), Timings()
    for number in range(-3, rounds):
        write_round(HOME, folder, number if another_text else 0)
        if not number:
            timings.took.clear()
        started = time.perf_counter()
        issues = timings.time("read", partial(read_issues, folder, SAMPLE, languages))
        editions = timings.time("render text, web and variants", partial(render_editions, issues, design, head))
        draft = drafts(issues, editions, sent_on=SENT_ON, config=config)
        timings.time("check", partial(check_editions, draft))
        timings.took.setdefault("all", []).append((time.perf_counter() - started) * 1000)
    timings.took["an edition"] = [took / len(editions) for took in timings.took["all"]]
    sections, variants = (sum(1 for section in issues[0].sections if section.anchor), len(editions[0].variants))
    text = "another text in every round" if another_text else "the same text in every round"
    report.compare(timings.comparison(f"{sections} sections, {len(editions)} languages, {variants} variants each; {text}"))
    return list(editions)


def measure_mjml(report: Report, document: str, *, rounds: int) -> None:
    """Measure MJML alone, ours and npm's, on the same mail."""
    timings = Timings()
    for _ in range(rounds):
        timings.time("MJML alone, ours", lambda: compile_mjml(document, "en"))
    folder = find_npm_mjml()
    if folder:
        timings.took["npm's mjml"] = time_npm_mjml(folder, document, rounds)
    report.compare(timings.comparison("MJML alone", anchor="npm's mjml" if folder else ""))
    if folder is None:
        report.note("NOT RUN: npm's mjml; node finds none (npm install mjml in a folder, NPM_MJML=folder)")


def peak_memory(folder: Path) -> float:
    """Give the most memory, in MB, that a process of its own has for reading, rendering and checking."""
    run = subprocess.run([sys.executable, "-c", FRESH, str(folder)], check=True, capture_output=True, text=True, cwd=HOME)
    return int(run.stdout) / 1024


if __name__ == "__main__":
    main()
