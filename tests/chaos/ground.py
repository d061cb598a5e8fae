"""The ground that chaos plays on: a site folder, a database, servers, and a nursery of workers, all ended by their ids."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.chaos.books import Books
from tests.chaos.journal import Held, copy_part, count_faults, count_held, read_held
from tests.chaos.orders import Order
from tests.site_folder import REPOSITORY, make_site_folder

ALL_TIMES: Final = "2020-01-01T00:00..2100-01-01T00:00"

IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - only the parent of folders made by mkdtemp
"""Where Linux keeps files in memory. A kill leaves them alone, and no commit waits for a disk."""

LOOK: Final = 0.01
"""Seconds between looks at a process."""


class Process:
    """A worker: a child of the nursery."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid
        self.code: int | None = None
        self.stopped = False

    def look(self) -> bool:
        """Look how it fares; say whether it is alive. It is ``stopped`` until ``go_on``."""
        if self.code is None:
            state = self._nursery.ask({"pid": self.pid})
            if state.startswith("ended"):
                self.code = int(state.split()[1])
            elif state == "stopped":
                self.stopped = True
        return self.code is None

    def strike(self, number: signal.Signals) -> None:
        """Send it a signal, if it is alive."""
        if self.look():
            os.kill(self.pid, number)

    def go_on(self) -> None:
        """Let it go on after a stop."""
        self.strike(signal.SIGCONT)
        self.stopped = False

    def wait(self, *, seconds: float = 60, until_stopped: bool = False) -> int | None:
        """Wait for its end and give its exit code (minus the signal that killed it), or for its stop and give None."""
        until = time.monotonic() + seconds
        while self.look() and not (until_stopped and self.stopped):
            if time.monotonic() > until:
                raise AssertionError(f"worker {self.pid} did not end in {seconds} seconds")
            time.sleep(LOOK)
        return self.code


class Nursery:
    """The process whose children the workers are."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as handle:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.worker"], cwd=REPOSITORY, env=dict(environment), text=True, bufsize=1,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=handle, start_new_session=True,
            )  # fmt: skip

    def start(self, order: Order) -> Process:
        """Let a worker follow an order."""
        return Process(self, int(self.ask({"order": order.to_json()})))

    def ask(self, request: dict[str, Any]) -> Any:
        """Ask the nursery something and give its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        answer = self._process.stdout.readline()
        assert answer, f"the nursery ended:\n{self._log.read_text()[-3000:]}"
        return json.loads(answer)

    def close(self) -> None:
        """End it, and with it all that it started."""
        _end(self._process)


class Server:
    """A recording server in a process of its own."""

    def __init__(self, module: str, journal: Path, log: Path, **plan: Any) -> None:
        self.journal = journal
        order = {"seed": 0, "rates": {}, "script": {}, "port": 0, "journal": str(journal), **plan}
        with log.open("ab") as handle:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"tests.chaos.{module}", json.dumps(order)], cwd=REPOSITORY, text=True, bufsize=1,
                env=without_coverage(os.environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=handle,
                start_new_session=True,
            )  # fmt: skip
        self.port = int(self._read())

    def refuse(self, seconds: float) -> None:
        """Let nobody in for a while."""
        self._write(f"refuse {seconds}\n")

    def repeat_events(self) -> None:
        """Post all events once more, and wait until they are taken."""
        self._write("repeat\n")
        self._read()

    @property
    def held(self) -> int:
        """How many messages it holds."""
        return count_held(self.journal)

    def holds(self) -> list[Held]:
        """Give what it holds."""
        return list(read_held(self.journal))

    @property
    def faults(self) -> Counter[str]:
        """What it did to its clients."""
        return count_faults(self.journal)

    def close(self) -> None:
        """End it."""
        _end(self._process)

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


class Ground:
    """Everything that one run needs; ``settings`` are NEWSLETTER_ variables without their prefix."""

    def __init__(self, folder: Path, *, database: str, settings: Mapping[str, object]) -> None:
        self.folder = folder
        self.site = make_site_folder(folder / "site")
        self.log = folder / "log"
        self.books = Books(database or f"sqlite:///{self.site}/var/chaos.sqlite3")
        defaults: dict[str, object] = {
            "DATABASE__URL": self.books.url,
            "DELIVERY__LEASE_SECONDS": 0.8,
            "DELIVERY__RESUME_WITHIN_HOURS": 1_000_000,
            "DELIVERY__SMTP__CONNECTIONS": 5,
            "DELIVERY__SMTP__TIMEOUT_SECONDS": 1,
            "DELIVERY__SENDGRID__TIMEOUT_SECONDS": 2,
            "DELIVERY__SENDGRID__API_KEY": "SG.invented",
            "CADENCE__GRACE_HOURS": 72,
        }
        ours = {f"NEWSLETTER_{name}": str(value) for name, value in (defaults | dict(settings)).items()}
        self.environment = without_coverage(os.environ) | ours | {"NEWSLETTER_HOME": str(self.site), "CHAOS_BUSY_SECONDS": "2"}
        self.nursery = Nursery(self.environment, self.log)

    def start(self, act: str, **wanted: Any) -> Process:
        """Start a worker; what is no field of an order is an argument of the act."""
        fields = {name: wanted.pop(name) for name in list(wanted) if name in Order.__dataclass_fields__}
        return self.nursery.start(Order(act, arguments=wanted, **fields))

    def do(self, act: str, *, seconds: float = 120, **wanted: Any) -> None:
        """Let a worker do something to its end."""
        code = self.start(act, **wanted).wait(seconds=seconds)
        if code != 0:
            raise AssertionError(f"{act} ended with {code}:\n{self.log.read_text()[-3000:]}")

    def command(self, *words: str) -> str:
        """Run the command line, and give what it prints."""
        command = [str(Path(sys.executable).with_name("newsletter")), *words]
        done = subprocess.run(
            command, env=self.environment, cwd=self.site, capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout

    def reconcile(self, server: Server) -> None:
        """Settle what is unknown of every send by the server's log of its mails, on the command line, as a person would."""
        entries = self.books.entries()
        of_issue = {one.key: one.issue for one in entries}
        for issue in {one.issue for one in entries if one.handover == "unknown"}:
            part = self.folder / "mail-of-one-issue.log"
            copy_part(server.journal, part, {key for key, its in of_issue.items() if its == issue})
            log = ["--mail-log", str(part), "--log-zone", "UTC", "--not-in-log", "requeue", "--log-covers", ALL_TIMES]
            said = self.command("reconcile", issue, "--as", "ada", *log)
            with self.log.open("a") as file:
                file.write(said)

    def reported_unknown(self, issues: Collection[str]) -> set[str]:
        """Give the keys that the reports of these sends list as unknown."""
        file = self.folder / "reported"
        self.do("report_unknown", issues=list(issues), into=str(file))
        return set(file.read_text("ascii").split())

    def close(self) -> None:
        """End the workers."""
        self.nursery.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


@contextmanager
def ground_with(
    module: str, *, database: str = "", plan: Mapping[str, Any] | None = None, settings: Mapping[str, object] | None = None
) -> Iterator[tuple[Ground, Server]]:
    """Give a ground in a temporary folder and the recording server that its mail goes to: "smtp_server" or "sendgrid_server"."""
    with ExitStack() as stack:
        folder = stack.enter_context(folder_in_memory("newsletter-chaos-"))
        extra = {} if module == "smtp_server" else {"bad_addresses": 0, "webhook": "", "signing_key": ""}
        server = Server(module, folder / "mail.log", folder / "server.log", **(extra | dict(plan or {})))
        stack.callback(server.close)
        url = stack.enter_context(_new_database(database)) if database else ""
        where: dict[str, object] = (
            {"DELIVERY__TRANSPORT": "smtp", "DELIVERY__SMTP__PORT": server.port}
            if module == "smtp_server"
            else {"DELIVERY__TRANSPORT": "sendgrid", "DELIVERY__SENDGRID__HOST": f"http://127.0.0.1:{server.port}"}
        )
        ground = stack.enter_context(Ground(folder, database=url, settings=where | dict(settings or {})))
        ground.do("migrate")
        yield ground, server


@contextmanager
def folder_in_memory(prefix: str) -> Iterator[Path]:
    """Give a folder while the block lasts, in memory where the system has such a place."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _new_database(server_url: str) -> Iterator[str]:
    """Make a database of its own on a PostgreSQL server, and drop it at the end."""
    name = f"chaos_{secrets.token_hex(6)}"
    books = Books(server_url)
    books.act(f"CREATE DATABASE {name}")
    try:
        yield books.beside(name)
    finally:
        books.act(f"DROP DATABASE {name} WITH (FORCE)")


def without_coverage(environment: Mapping[str, str]) -> dict[str, str]:
    """Give an environment whose processes are not measured: what is killed writes down nothing, and measuring is slow."""
    return {name: value for name, value in environment.items() if not name.startswith("COVERAGE_")}
