"""What one-click posts are sent to: a real `newsletter serve`, and gunicorn alone, which gives the same answer to all."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from benchmarks.smtp_servers import free_port

CONNECTIONS: Final = 16

SECONDS_TO_START: Final = 60

TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Posts:
    """What became of some posts; ``answered`` says by token when a yes came (Unix seconds)."""

    a_second: float
    p50: float
    p99: float
    slowest: float
    answered: dict[str, float]
    refused: int


@dataclass(frozen=True, slots=True)
class Serving:
    """A running `newsletter serve`: its port, and the process that started it."""

    port: int
    pid: int

    def processor_seconds(self) -> float:
        """Give what it and its worker have used of the processor so far, whatever else the machine does."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in (self.pid, *children)]
        return sum(int(one[11]) + int(one[12]) for one in fields) / TICKS


def post(port: int, tokens: Sequence[str], *, kept: bool) -> Posts:
    """Post each token once, from another process."""
    command = [sys.executable, "-m", "benchmarks.one_click_load", str(port), "kept" if kept else "fresh", str(CONNECTIONS)]
    done = subprocess.run(command, input="\n".join(tokens), capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    times = sorted(milliseconds for _, _, milliseconds, _ in found["posted"])
    answered = {token: at for token, status, _, at in found["posted"] if status == HTTPStatus.OK}
    p99 = times[min(len(times) - 1, len(times) * 99 // 100)]
    return Posts(
        sum(status == HTTPStatus.OK for _, status, _, _ in found["posted"]) / found["seconds"],
        statistics.median(times),
        p99,
        times[-1],
        answered,
        len(times) - len(answered),
    )


@contextmanager
def newsletter_serve(site: Path, log: Path, *, smtp_port: int) -> Iterator[Serving]:
    """Run `newsletter serve` on a site folder, sending by SMTP to a port of this machine."""
    port = free_port()
    settings = {
        "NEWSLETTER_HOME": str(site),
        "NEWSLETTER_WEB__PORT": str(port),
        "NEWSLETTER_DELIVERY__TRANSPORT": "smtp",
        "NEWSLETTER_DELIVERY__SMTP__PORT": str(smtp_port),
        "NEWSLETTER_DELIVERY__SMTP__MESSAGES_PER_CONNECTION": "1000000",
    }
    command = [str(Path(sys.executable).with_name("newsletter")), "serve"]
    with _running(command, os.environ | settings, log) as process:
        _wait(port, process, log)
        yield Serving(port, process.pid)


@contextmanager
def gunicorn_alone(log: Path) -> Iterator[int]:
    """Run an application that reads the body and gives serve's answer, under gunicorn as serve sets it; give its port."""
    from newsletter.cli.serving import THREADS  # noqa: PLC0415 - once Django is set up

    port = free_port()
    with _running(
        [sys.executable, "-m", "benchmarks.one_click_servers", str(port), str(THREADS)], dict(os.environ), log
    ) as process:
        _wait(port, process, log)
        yield port


@contextmanager
def _running(command: Sequence[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as said, subprocess.Popen(command, env=environment, stdout=said, stderr=said) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=90)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(SECONDS_TO_START * 10):
        if process.poll() is not None:
            break
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"a server did not start; it said: {log.read_text()}")


def main() -> None:
    """Serve the same answer until SIGTERM comes."""
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 - only the server's own process needs it

    port, threads = sys.argv[1:]
    answer = b"You are unsubscribed from Mets Matters. Thank you for reading.\n"
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Language", "en"), ("Content-Length", str(len(answer)))]

    class Alone(BaseApplication):  # type: ignore[misc]  # gunicorn publishes no types
        """Gunicorn with the settings of `newsletter serve` and nothing behind it."""

        def load_config(self) -> None:
            """Set what serve sets."""
            values = {"bind": f"127.0.0.1:{port}", "worker_class": "gthread", "threads": threads, "loglevel": "warning"}
            for name, value in values.items():
                self.cfg.set(name, value)

        def load(self) -> object:
            """Give the application."""

            def application(environ, start_response):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - WSGI's own
                environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
                start_response("200 OK", headers)
                return [answer]

            return application

    Alone().run()


if __name__ == "__main__":
    main()
