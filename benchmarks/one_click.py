"""RFC 8058's one-click against a real `newsletter serve`, idle and while it sends, beside gunicorn alone with the same answer.

    python -m benchmarks.one_click [--rounds 3] [--posts 2000] [--readers 100000] [--json FILE]

Every middleware, real tokens, SQLite with synchronous FULL; posts come over 16 connections from another process, urlencoded and
as multipart in turn. A send to all readers runs in the same serve, into an SMTP sink that is not the limit. Each post that was
answered must stand in the ledger as ended, once, and nobody else; and whoever left during the send must get no letter later.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.invented_list import add_readable_readers, begin_send, open_site
from benchmarks.one_click_servers import Posts, Serving, gunicorn_alone, newsletter_serve, post
from benchmarks.sides import (
    MESSAGES_A_SECOND,
    MILLISECONDS,
    REQUESTS_A_SECOND,
    SECONDS,
    Comparison,
    Reach,
    ReachOf,
    Report,
    Side,
    make_parser,
)
from benchmarks.smtp_servers import fast_sink

REACH_IDLE: Final = 700.0
REACH_P99: Final = 50.0
REACH_SENDING: Final = 100.0
REACH_EFFECTIVE: Final = 1.0

WHO_WAS_MAILED: Final = """
    SELECT subscription_id, CASE WHEN handover = 'excluded' THEN 0 ELSE handed_over_at END FROM delivery_delivery
    WHERE handover IN ('accepted', 'unknown') OR (handover = 'excluded' AND reason = 'ended')
"""

PART_WHILE_SENDING: Final = 4
"""While a send runs a round has so much fewer posts, so that the send outlasts all rounds."""

ALONE: Final = "gunicorn alone, kept alive"
KEPT: Final = "serve, kept alive"
FRESH: Final = "serve, a connection each"


class Readers:
    """The readers' tokens, each given out once, and what the ledger says of those who posted theirs."""

    def __init__(self, database: Path) -> None:
        from newsletter.subscribers.installation import link_signer  # noqa: PLC0415 - after open_site
        from newsletter.subscribers.links import Purpose  # noqa: PLC0415

        self._database = database
        with self._connected() as connection:
            found = connection.execute("SELECT id, public_id FROM subscribers_subscription ORDER BY id DESC").fetchall()
        self._ids = {link_signer().token(public_id, Purpose.UNSUBSCRIBE): number for number, public_id in found}
        self._left = iter(self._ids)
        self.answered: dict[str, float] = {}
        self.refused = 0

    def tokens(self, count: int) -> list[str]:
        """Give tokens of the last readers, whose letters go out last."""
        return [next(self._left) for _ in range(count)]

    def note(self, posts: Posts) -> None:
        """Remember who was answered."""
        self.answered |= posts.answered
        self.refused += posts.refused

    def require_none_lost(self) -> None:
        """Compare the ledger with what was answered: everybody who was is ended, as unsubscribed, and nobody else."""
        with self._connected() as connection:
            ended = connection.execute(
                "SELECT id, end_reason FROM subscribers_subscription WHERE ended_at IS NOT NULL"
            ).fetchall()
        wanted = {self._ids[token] for token in self.answered}
        assert {number for number, _ in ended} == wanted, f"answered {len(wanted):,}, ended {len(ended):,}"
        assert {reason for _, reason in ended} == {"unsubscribed"}

    def mailed_after(self, answered: dict[str, float]) -> tuple[float, int]:
        """Give the most seconds from an answer to the same reader's letter, and how many of them were left out of the send."""
        with self._connected() as connection:
            found = dict(connection.execute(WHO_WAS_MAILED).fetchall())
        left_out = [self._ids[token] for token in answered if found.get(self._ids[token]) == 0]
        late = [
            datetime.fromisoformat(str(at)).replace(tzinfo=UTC).timestamp() - answered[token]
            for token in answered
            if (at := found.get(self._ids[token]))
        ]
        assert len(left_out) + len(late) == len(answered), "somebody who left is still waiting for their letter"
        return max(late, default=0.0), len(left_out)

    def accepted(self) -> int:
        """Give how many letters were taken so far."""
        with self._connected() as connection:
            return int(connection.execute("SELECT count(*) FROM delivery_delivery WHERE handover = 'accepted'").fetchone()[0])

    def is_sending(self) -> bool:
        """Say whether a send is not over."""
        with self._connected() as connection:
            found = connection.execute("SELECT count(*) FROM delivery_send WHERE state IN ('preparing', 'running')").fetchone()
        return bool(found[0])

    def _connected(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(self._database, timeout=20))


class Rounds:
    """Posts of one kind after the other; what the rounds said of times is kept beside their rates."""

    def __init__(self, readers: Readers, *, serving: Serving, alone: int) -> None:
        self._readers = readers
        self._serving = serving
        self._alone = alone
        self._cores: dict[str, list[float]] = {}
        self._noted: dict[str, list[Posts]] = {}

    def alone(self, count: int) -> float:
        """Post to gunicorn alone, where nothing is ended."""
        return self._note(ALONE, post(self._alone, ["x" * 34] * count, kept=True))

    def serve(self, name: str, count: int, *, kept: bool) -> float:
        """Post to serve."""
        used = self._serving.processor_seconds()
        posts = post(self._serving.port, self._readers.tokens(count), kept=kept)
        self._cores.setdefault(name, []).append(count / (self._serving.processor_seconds() - used))
        self._readers.note(posts)
        return self._note(name, posts)

    def times(self, name: str, what: str) -> Iterator[float]:
        """Give p50 or p99 of the rounds so far."""
        return iter([getattr(posts, what) for posts in self._noted[name]])

    def of_a_core(self, name: str) -> Iterator[float]:
        """Give how many posts a second of the processor was enough for, by round: a busy machine changes that little."""
        return iter(self._cores[name])

    def answered(self, name: str) -> dict[str, float]:
        """Give everybody who was answered in the rounds of a name."""
        return {token: at for posts in self._noted[name] for token, at in posts.answered.items()}

    def _note(self, name: str, posts: Posts) -> float:
        self._noted.setdefault(name, []).append(posts)
        return posts.a_second


def _compare_times(report: Report, rounds: Rounds, names: tuple[str, ...], what: str, *, reach: float = 0) -> None:
    times = {name: rounds.times(name, what) for name in names}
    goal = Reach(reach, ReachOf.FIGURE) if reach else None
    sides = [Side(name, times[name].__next__, reach=None if name == ALONE else goal) for name in names]
    report.compare(Comparison(f"{what} of the same posts", MILLISECONDS, sides, anchor=ALONE if ALONE in names else ""))


def measure_idle(report: Report, rounds: Rounds, count: int) -> None:
    """Measure where nothing else is to be done."""
    reach = Reach(REACH_IDLE, ReachOf.FIGURE)
    sides = [
        Side(ALONE, lambda: rounds.alone(count)),
        Side(KEPT, lambda: rounds.serve(KEPT, count, kept=True), reach=reach),
        Side(FRESH, lambda: rounds.serve(FRESH, count, kept=False), reach=reach),
    ]
    report.compare(Comparison(f"idle, {count:,} posts a round", REQUESTS_A_SECOND, sides, anchor=ALONE))
    cores = {name: rounds.of_a_core(name) for name in (KEPT, FRESH)}
    sides = [Side(name, core.__next__) for name, core in cores.items()]
    report.compare(Comparison("the same, by the processor time of serve alone", REQUESTS_A_SECOND, sides))
    _compare_times(report, rounds, (ALONE, KEPT, FRESH), "p50")
    _compare_times(report, rounds, (ALONE, KEPT, FRESH), "p99", reach=REACH_P99)


def measure_sending(report: Report, rounds: Rounds, readers: Readers, count: int) -> None:
    """Measure while a send to everybody who is left runs in the same process."""
    name = "serve, kept alive, sending"
    begin_send(transport="smtp")
    while not readers.accepted():
        time.sleep(0.05)
    mails: list[float] = []

    def while_sending() -> float:
        before, started = readers.accepted(), time.monotonic()
        figure = rounds.serve(name, count, kept=True)
        mails.append((readers.accepted() - before) / (time.monotonic() - started))
        if not readers.is_sending():
            sys.exit("the send was over before the posts were: give it more --readers")
        return figure

    side = Side(name, while_sending, reach=Reach(REACH_SENDING, ReachOf.FIGURE))
    report.compare(Comparison(f"while a send runs, {count:,} posts a round", REQUESTS_A_SECOND, [side]))
    _compare_times(report, rounds, (name,), "p50")
    _compare_times(report, rounds, (name,), "p99")
    beside = iter(mails)
    report.compare(Comparison("the send beside them", MESSAGES_A_SECOND, [Side("serve", beside.__next__)]))
    while readers.is_sending():
        time.sleep(0.2)
    late, left_out = readers.mailed_after(rounds.answered(name))
    gone = Side("the latest letter", lambda: late, reach=Reach(REACH_EFFECTIVE, ReachOf.FIGURE))
    report.compare(Comparison("from the answer of a one-click to a letter to the same reader", SECONDS, [gone]), rounds=1)
    report.note(f"{left_out:,} of {len(rounds.answered(name)):,} who left while the send ran were left out of it as ended.")


def main() -> int:
    """Measure."""
    parser = make_parser(__doc__, rounds=3)
    parser.add_argument("--posts", type=int, default=2_000, help="in a round of one kind (2,000)")
    parser.add_argument("--readers", type=int, default=100_000, help="who are sent to (100,000)")
    options = parser.parse_args()
    idle, sending = options.posts, max(1, options.posts // PART_WHILE_SENDING)
    spent = options.rounds * 2 * idle
    with tempfile.TemporaryDirectory(prefix="newsletter-one-click-") as name, fast_sink() as sink:
        folder = Path(name)
        database = open_site(folder)
        add_readable_readers(database, options.readers + spent)
        readers = Readers(database)
        with (
            gunicorn_alone(folder / "alone.log") as alone,
            newsletter_serve(folder / "site", folder / "serve.log", smtp_port=sink) as serving,
        ):
            report = Report("one_click", title="One-click against serve, on SQLite", rounds=options.rounds)
            rounds = Rounds(readers, serving=serving, alone=alone)
            post(serving.port, ["x" * 34] * 100, kept=True)
            measure_idle(report, rounds, idle)
            measure_sending(report, rounds, readers, sending)
        readers.require_none_lost()
        report.note(
            f"{len(readers.answered):,} posts were answered and as many are ended; {readers.refused:,} were not answered."
        )
        report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
