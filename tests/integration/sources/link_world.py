"""A small web on this machine for links to lead into: names that all lead here, and whoever asks them."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer

from newsletter.checking.link_answers import LinkAnswer
from newsletter.settings import LinkSettings
from newsletter.sources.links.looking import ask_links

NAMES = ("guide.test", "www.guide.test", "other.test", "slow.test", "127.0.0.1")


@dataclass
class World:
    """A server that answers to every name of ``NAMES``, and how it is asked."""

    server: HTTPServer
    tls: ssl.SSLContext | None = None
    settings: LinkSettings = field(default_factory=lambda: LinkSettings(timeout_seconds=3, private_hosts=NAMES))
    looked_up: list[str] = field(default_factory=list)

    def url(self, path: str, *, host: str = "guide.test") -> str:
        """Give the address of a page on one of the names."""
        scheme = "https" if self.server.ssl_context else "http"
        return f"{scheme}://{host}:{self.server.port}{path}"

    def ask(self, *addresses: str) -> list[LinkAnswer]:
        """Ask full addresses, or paths on guide.test, and give the answers in their order."""
        full = [self.url(address) if address.startswith("/") else address for address in addresses]
        return list(ask_links(full, self.settings, tls=self.tls, resolve=self.resolve).values())

    def ask_one(self, address: str) -> LinkAnswer:
        """Ask one address, or path on guide.test."""
        [answer] = self.ask(address)
        return answer

    async def resolve(self, host: str, port: int) -> Sequence[str]:  # noqa: ARG002 - a Resolver is called so
        """Lead every name of ``NAMES`` here, and know no other."""
        self.looked_up.append(host)
        if host not in NAMES:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ["127.0.0.1"]

    def asked(self) -> list[str]:
        """Give what the server was asked, in order: method and path."""
        return [f"{request.method} {request.path}" for request, _ in self.server.log]


def certificate_for(folder: Path, *names: str, days: int = 1, ago: int = 2) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate that began ``ago`` days ago and ends in ``days``: the server's TLS, and that of who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a local test server")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=ago))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(file)
    return serving, ssl.create_default_context(cafile=str(file))


@contextmanager
def raw_server(*chunks: bytes, pause: float = 0.0, times: int = 4) -> Iterator[str]:
    """Serve these bytes to each of some visitors, with a pause after each chunk, and hang up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = threading.Event()

        def serve() -> None:
            for _ in range(times):
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65536)
                        for chunk in chunks:
                            if gone.is_set():
                                return
                            connection.sendall(chunk)
                            time.sleep(pause)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            gone.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def page(title: str, heading: str = "A heading") -> str:
    """Give a page."""
    return f"<!doctype html><html><head><title>{title}</title></head><body><h1>{heading}</h1><p>Words.</p></body></html>"
