"""A DNS server that knows a few records: real queries over UDP, answered by what a test put into its zone."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

from newsletter.project.examining.sender_dns import make_resolver

Zone = Mapping[tuple[str, str], Sequence[str]]
"""From a name without its final dot, and a kind, to values as they stand in a zone file."""


class _Server(socketserver.ThreadingUDPServer):
    zone: Zone
    daemon_threads = True


class _Handler(socketserver.BaseRequestHandler):
    server: Any

    def handle(self) -> None:
        packet, socket = self.request
        query = dns.message.from_wire(packet)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        question = query.question[0]
        name, kind = question.name.to_text().rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype)
        values = self.server.zone.get((name, kind))
        if values:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
        elif not any(known.rpartition(name)[2] == "" and known.endswith(name) for known, _ in self.server.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)


@contextmanager
def answering(zone: Zone) -> Iterator[dns.resolver.Resolver]:
    """Serve a zone on this machine, and give a resolver that asks there and nowhere else."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.zone = zone
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield make_resolver(f"127.0.0.1:{server.server_address[1]}", timeout=2)
        finally:
            server.shutdown()
            thread.join()


def text(value: str) -> str:
    """Write a TXT value as a zone file does, in strings of at most 255 octets."""
    return " ".join(f'"{value[start : start + 255]}"' for start in range(0, len(value), 255))
