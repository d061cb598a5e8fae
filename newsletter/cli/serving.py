"""`newsletter serve`, `web` and `scheduler`: what runs for months."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connections
from gunicorn.app.base import BaseApplication

from newsletter.cli.logs import set_up_logs
from newsletter.cli.printing import console
from newsletter.cli.ticking import Ticking
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.errors import NotAllowedError
from newsletter.project.web_worker import QuietWorker
from newsletter.project.wsgi import application

THREADS = 8


def serve() -> None:
    """Run readers' pages, the calendar and sending in one process, until Ctrl-C.

    For a list on SQLite and one machine. Larger installations run `newsletter web` and `newsletter scheduler` apart.
    """
    config: Config = settings.NEWSLETTER
    set_up_logs()
    ticking = Ticking(config, system_clock)
    _require_port(config)
    _say_where(config)
    console.print(f"Mail goes out by [bold]{config.delivery.transport}[/]; the calendar is looked at every minute.")
    _Server(config, started=ticking.start, stopped=ticking.stop).run()


def web() -> None:
    """Run readers' pages and webhooks alone, until Ctrl-C."""
    config: Config = settings.NEWSLETTER
    set_up_logs()
    _require_port(config)
    _say_where(config)
    _Server(config).run()


def scheduler() -> None:
    """Run the calendar and sending alone, until Ctrl-C. Two of them on one database are harmless."""
    config: Config = settings.NEWSLETTER
    set_up_logs()
    ticking = Ticking(config, system_clock)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    ticking.start()
    console.print(f"The calendar is looked at every minute; mail goes out by {config.delivery.transport}. Ctrl-C stops.")
    stopped.wait()
    ticking.stop()


def _require_port(config: Config) -> None:
    """Find out in time that the port cannot be had: gunicorn tries for five seconds and says so ten times."""
    host, port = config.web.host, config.web.port
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(address)
    except OSError as error:
        reason = "Is another `newsletter serve` running?" if error.errno == errno.EADDRINUSE else f"{error.strerror}."
        raise NotAllowedError(
            f"Pages cannot be served at {host}:{port}. {reason} Else choose another [web] host or port in newsletter.toml."
        ) from error


def _say_where(config: Config) -> None:
    console.print(f"Readers' pages at [bold]http://{config.web.host}:{config.web.port}/[/]. Ctrl-C stops.")


def _nothing() -> None:
    pass


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn publishes no types
    """Gunicorn with one worker process and a pool of threads: SQLite has one writer, and so have we."""

    def __init__(self, config: Config, started: Callable[[], None] = _nothing, stopped: Callable[[], None] = _nothing) -> None:
        self._config = config
        self._started = started
        self._stopped = stopped
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn needs; no access log is written, since addresses of pages carry readers' tokens."""
        values: dict[str, Any] = {
            "bind": f"{self._config.web.host}:{self._config.web.port}",
            "workers": 1,
            "worker_class": QuietWorker,
            "threads": THREADS,
            "graceful_timeout": 60,
            "loglevel": "warning",
            # An open SQLite connection may not be carried across a fork (sqlite.org/howtocorrupt.html, 2.6): the process that
            # inherits it takes the locks of the one that it came from for its own.
            "pre_fork": lambda _server, _worker: connections.close_all(),
            "post_worker_init": lambda _worker: self._started(),
            "worker_exit": lambda _server, _worker: self._stopped(),
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        """Give the WSGI application."""
        return application
