"""An HTTPS server that takes what SendGrid's ``/v3/mail/send`` takes: ``python -m benchmarks.sendgrid_sink CERTIFICATE``.

Reads requests whole, counts the people in them, answers 202 and keeps the connection. Says its port on the first line, and how
many people it has seen whenever a line comes in.
"""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, Final

ONE_PERSON: Final = b'"custom_args"'

COUNTING: Final = threading.Lock()


class CountingHandler(BaseHTTPRequestHandler):
    """Counts people."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65_536
    people: ClassVar[int] = 0

    def do_POST(self) -> None:
        """Take a request."""
        people = self.rfile.read(int(self.headers["Content-Length"])).count(ONE_PERSON)
        with COUNTING:
            CountingHandler.people += people
        self.send_response_only(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(certificate: str) -> None:
    """Serve until the input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), CountingHandler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    for _ in sys.stdin:
        print(CountingHandler.people, flush=True)


@dataclass(frozen=True)
class SendgridSink:
    """A running sink."""

    url: str
    process: subprocess.Popen[str]

    def people(self) -> int:
        """Ask how many people it has seen."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def sendgrid_sink(certificate: Path) -> Iterator[SendgridSink]:
    """Run a sink while the block lasts."""
    command = [sys.executable, "-m", "benchmarks.sendgrid_sink", str(certificate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield SendgridSink(f"https://127.0.0.1:{int(process.stdout.readline())}", process)
        finally:
            process.terminate()


if __name__ == "__main__":
    main(sys.argv[1])
