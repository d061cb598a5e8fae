"""A worker as a process of its own: ``python -m tests.chaos.worker ORDER`` follows one order, in JSON.

Without one it is the nursery: it reads requests from standard input, a line of JSON each, and forks a worker for each order, so
that five hundred of them do not import Django five hundred times. It ends, and all its workers with it, when its standard
input ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.project.settings")
django.setup()

from django.conf import settings  # noqa: E402 - Django comes first

from tests.chaos.acts import act  # noqa: E402
from tests.chaos.disturbances import SteppingClock, fill_the_disk  # noqa: E402
from tests.chaos.named_steps import strike_at  # noqa: E402
from tests.chaos.orders import Order  # noqa: E402
from tests.chaos.plants import PLANTS  # noqa: E402

BUSY_SECONDS = "CHAOS_BUSY_SECONDS"
"""How long SQLite waits for a lock here; the product's own 20 seconds would make a test of it long."""

PR_SET_PDEATHSIG = 1
"""prctl(2): a signal for this process when its parent ends."""


def follow(order: Order) -> None:
    """Do what the order says, broken and disturbed as it says."""
    if "timeout" in settings.DATABASES["default"]["OPTIONS"] and BUSY_SECONDS in os.environ:
        settings.DATABASES["default"]["OPTIONS"]["timeout"] = float(os.environ[BUSY_SECONDS])
    if order.plant:
        PLANTS[order.plant]()
    if order.step:
        strike_at(order.step, passing=order.passing, blow=order.blow)
    if order.full_disk:
        fill_the_disk(order.full_disk)
    act(order.act, order.name, SteppingClock(order.clock_seed), order.arguments)


class Nursery:
    """Forks workers, and says how they fare."""

    def __init__(self) -> None:
        self._alive: set[int] = set()

    def run(self) -> None:
        """Answer requests until there are no more."""
        try:
            for line in sys.stdin:
                print(json.dumps(self._answer(json.loads(line))), flush=True)  # noqa: T201
        finally:
            for pid in self._alive:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _answer(self, request: dict[str, Any]) -> Any:
        return self._start(request["order"]) if "order" in request else self._look(request["pid"])

    def _start(self, order: str) -> int:
        pid = os.fork()
        if pid == 0:
            _live_and_die(order)
        self._alive.add(pid)
        return pid

    def _look(self, pid: int) -> str:
        """Say "running", "stopped", or "ended" with the exit code; a process is reaped here only, so its id stays its own."""
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found == 0 or os.WIFCONTINUED(status):
            return "running"
        if os.WIFSTOPPED(status):
            return "stopped"
        self._alive.discard(pid)
        return f"ended {os.waitstatus_to_exitcode(status)}"


def _live_and_die(order: str) -> None:
    """Be a worker, in a process just forked."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)  # what a worker prints goes to the log, not into the nursery's answers
        follow(Order.from_json(order))
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    except BaseException:  # noqa: BLE001 - whatever it was must be told, and must not go on as a second nursery
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        follow(Order.from_json(sys.argv[1]))
    else:
        Nursery().run()
