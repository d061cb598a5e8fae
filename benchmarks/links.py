"""Seconds to ask 500 links of 40 hosts, of which one is slow: ``python -m benchmarks.links``. Servers on this machine only.

Beside it the same links one after the other, by the same program, and the slow host's links alone, which is the least that all of
them can take.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from benchmarks.link_servers import ORDINARY, SLOW
from benchmarks.sides import SECONDS, Comparison, Reach, Report, Side, make_parser
from newsletter.checking.link_answers import LinkKind, judge_link
from newsletter.settings import LinkSettings
from newsletter.sources.links.host_turns import AT_ONCE_ON_A_HOST, PAUSE
from newsletter.sources.links.looking import ask_links

LINKS, HOSTS, OF_THE_SLOW_HOST = 500, 40, 4
NAMES = ("slow.test", *(f"site{number}.test" for number in range(HOSTS - 1)))
TOGETHER, ALONE, ONE_BY_ONE = "500 links, 16 at once", "the slow host's 4 links alone", "500 links, one after the other"


async def lead_here(host: str, port: int) -> Sequence[str]:
    """Give this machine's address for every name."""
    del host, port
    return ["127.0.0.1"]


@contextmanager
def servers() -> Iterator[int]:
    """Run the servers in a process of their own, and give their port."""
    with subprocess.Popen([sys.executable, "-m", "benchmarks.link_servers"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def ask(addresses: Sequence[str], *, at_once: int) -> None:
    """Ask all and see that each was found fine: a look that gives up is quick as well."""
    settings = LinkSettings(at_once=at_once, private_hosts=NAMES)
    answers = ask_links(addresses, settings, resolve=lead_here)
    assert all(judge_link(answer).kind is LinkKind.FINE for answer in answers.values()), "a link was not found fine"


def measure(report: Report, port: int) -> None:
    """Measure the three sides in turn, and what the first of them costs."""
    slow = [f"http://slow.test:{port}/{number}" for number in range(OF_THE_SLOW_HOST)]
    others = [f"http://{NAMES[1 + number % (HOSTS - 1)]}:{port}/{number}" for number in range(LINKS - OF_THE_SLOW_HOST)]
    everything = others[: LINKS // 2] + slow + others[LINKS // 2 :]
    default = LinkSettings().at_once
    sides = [
        Side(TOGETHER, partial(ask, everything, at_once=default), reach=Reach(5)),
        Side(ALONE, partial(ask, slow, at_once=default)),
        Side(ONE_BY_ONE, partial(ask, everything, at_once=1)),
    ]
    report.compare(Comparison("all links of an issue", SECONDS, sides, anchor=ONE_BY_ONE))
    begun, before = time.perf_counter(), time.process_time()
    ask(everything, at_once=default)
    wall, used = time.perf_counter() - begun, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report.note(
        f"Two requests a link (HEAD, then GET for the title); a host answers after {ORDINARY * 1000:.0f} ms, the slow one after "
        f"{SLOW:g} s. On one host {AT_ONCE_ON_A_HOST} at once and {PAUSE:g} s between two requests."
    )
    report.note(f"One look at all 500 used {used:.2f} s of processor time in {wall:.2f} s, and at most {peak:.0f} MB.")


def main() -> int:
    """Measure."""
    options = make_parser(__doc__, rounds=3).parse_args()
    with servers() as port:
        report = Report("links", title="Asking whether 500 links lead somewhere", rounds=options.rounds)
        measure(report, port)
        report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
