"""Runs commands without starting Python anew for each: one process imports what they need, and forks for every command.

A command is a process of its own all the same, with the folder, the environment, the arguments and the exit code that a
person's has; what is spent only once is the half second that its imports take. ``Site.run(…, cold=True)`` starts Python anew, for
what only a new one shows: what is imported, and that no hash seed is seen in what is written.

A request is the path of a folder. It holds ``request.json``; the command's output is written beside it. The answer is two lines:
the process, and its exit code once it has ended.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

LIBRARIES: Final = [
    "apscheduler.schedulers.background",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "cryptography.hazmat.primitives.ciphers.aead",
    "django.core.handlers.wsgi",
    "django.core.management.commands.migrate",
    "django.db.backends.sqlite3.base",
    "django.db.migrations.executor",
    "django.db.models",
    "django.forms",
    "django.template.backends.django",
    "django.urls",
    "django.views",
    "email.policy",
    "email_validator",
    "httpx",
    "icalendar",
    "jinja2",
    "mailbox",
    "markdown_it",
    "mjml",
    "orjson",
    "PIL.Image",
    "pydantic_settings",
    "rich.console",
    "rich.progress",
    "rich.table",
    "structlog",
    "typer.rich_utils",
]

ROOMS: Final = [
    "newsletter.authoring.folder",
    "newsletter.authoring.parse",
    "newsletter.checking.report",
    "newsletter.cli",
    "newsletter.config",
    "newsletter.rendering.design",
    "newsletter.sources.trials.registry",
]
"""Of the program, only what reads no settings when it is imported."""

SECONDS: Final = 120
"""For a command; it is killed then."""


class WarmStart:
    """The process that forks, from the side of whoever asks."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="nl-")
        self._address = f"{self._folder.name}/socket"
        self._process = subprocess.Popen(
            [sys.executable, __file__, self._address], env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it listens

    def run(self, arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a command; TimeoutExpired when it does not end."""
        with tempfile.TemporaryDirectory(dir=self._folder.name) as name, socket.socket(socket.AF_UNIX) as asking:
            place = Path(name)
            request = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)}
            (place / "request.json").write_text(json.dumps(request), "utf-8")
            asking.connect(self._address)
            asking.settimeout(SECONDS)
            asking.sendall(name.encode() + b"\n")
            with asking.makefile() as answer:
                number = int(answer.readline())
                try:
                    code = int(answer.readline())
                except TimeoutError:
                    with suppress(ProcessLookupError):
                        os.kill(number, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(list(arguments), SECONDS) from None
            return subprocess.CompletedProcess(
                list(arguments), code, (place / "stdout").read_text("utf-8"), (place / "stderr").read_text("utf-8")
            )

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._folder.cleanup()


def serve(address: str) -> NoReturn:
    """Fork for every request, for ever."""
    from newsletter.cli import main  # noqa: PLC0415 - tests import this module, and not the program

    for name in [*LIBRARIES, *ROOMS]:
        importlib.import_module(name)
    gc.freeze()  # what is shared stays shared
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        print("ready", flush=True)  # noqa: T201
        while True:
            asked, _ = listening.accept()
            with asked:
                _bury_the_ended()
                if os.fork() == 0:
                    listening.close()
                    _wait_for_one(asked)
                    main()
                    sys.exit(0)


def _bury_the_ended() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _wait_for_one(asked: socket.socket) -> None:
    """Return in the process that is to be the command; wait for that one here, say how it ended, and end."""
    with asked.makefile() as lines:
        place = Path(lines.readline().rstrip("\n"))
    command = os.fork()
    if command == 0:
        asked.close()
        _become(place)
        return
    with suppress(OSError):  # who asked may have gone away
        asked.sendall(f"{command}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
        asked.sendall(f"{code}\n".encode())
    os._exit(0)


def _become(place: Path) -> None:
    request = json.loads((place / "request.json").read_text("utf-8"))
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["newsletter", *request["arguments"]]
    time.tzset()
    for number, name, how in [(0, os.devnull, os.O_RDONLY), (1, str(place / "stdout"), NEW), (2, str(place / "stderr"), NEW)]:
        opened = os.open(name, how, 0o600)
        os.dup2(opened, number)
        os.close(opened)


NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND

if __name__ == "__main__":
    del sys.path[0]  # the tests' folder, which the command would not see
    serve(sys.argv[1])
