"""SendGrid's events over HTTP: posts of 1,000, signed, to a real `newsletter web`, beside a plain loop over the ORM.

    python -m benchmarks.events [--rounds 5] [--posts 20] [--json FILE]

Two kept-alive connections post to the server's one process. A post is about 500 mails: each processed, then delivered, or bounced
(3 in 100, a third of them for good). Every round is about mails nobody has reported on. "a core" counts the processor time of the
server's process alone, whatever else the machine does. The loop does the same per event in this process, without HTTP before it.
"""

from __future__ import annotations

import base64
import http.client
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.invented_list import add_readable_readers, begin_send, open_site
from benchmarks.sides import EVENTS_A_SECOND, Comparison, Reach, ReachOf, Report, Side, make_parser

REACH: Final = 30_000.0
EVENTS_IN_A_POST: Final = 1_000
CONNECTIONS: Final = 2
HAPPENED: Final = 1_796_137_300
TICKS: Final = os.sysconf("SC_CLK_TCK")

Post = tuple[bytes, dict[str, str]]


class Posts:
    """Signed posts about mails, each mail in one of them."""

    def __init__(self, keys: Iterator[str]) -> None:
        self._keys = keys
        self._private = ec.generate_private_key(ec.SECP256R1())
        der = self._private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.public_key = base64.b64encode(der).decode()

    def write(self, count: int) -> list[Post]:
        """Write so many posts about mails that nobody has reported on."""
        return [self._write() for _ in range(count)]

    def _write(self) -> Post:
        events = []
        for number, key in enumerate(islice(self._keys, EVENTS_IN_A_POST // 2)):
            events += [_event(key, "processed"), _outcome(key, number)]
        assert len(events) == EVENTS_IN_A_POST, "the list is too short for so many rounds"
        body = orjson.dumps(events) + b"\r\n"
        timestamp = str(int(time.time()))
        signature = self._private.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return body, {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }


def _outcome(key: str, number: int) -> dict[str, Any]:
    if number % 100 == 0:
        return _event(
            key, "bounce", type="bounce", status="5.1.1", bounce_classification="Invalid Address", reason="550 5.1.1 no"
        )
    if number % 100 in {33, 66}:
        return _event(
            key, "bounce", type="bounce", status="5.2.2", bounce_classification="Mailbox Unavailable", reason="552 full"
        )
    return _event(key, "delivered", response="250 2.0.0 OK  1796137301 d75a77b69052e-4f0a6si123qta.123 - gsmtp")


def _event(key: str, kind: str, **more: str) -> dict[str, Any]:
    return {
        "email": "reader@example.org",
        "timestamp": HAPPENED,
        "smtp-id": f"<{key}@metsmatters.example>",
        "event": kind,
        "category": ["mets-matters"],
        "sg_event_id": secrets.token_urlsafe(24),
        "sg_message_id": f"{secrets.token_urlsafe(16)}.recvd-6b7c8d9e-1-{secrets.token_hex(4)}-12.0",
        "delivery": key,
        **more,
    }


class Server:
    """A real `newsletter web` on the benchmark's database."""

    def __init__(self, site: Path, public_key: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._environment = {
            **os.environ,
            "NEWSLETTER_HOME": str(site),
            "NEWSLETTER_WEB__PORT": str(self.port),
            "NEWSLETTER_DELIVERY__SENDGRID__WEBHOOK_PUBLIC_KEY": public_key,
        }

    @contextmanager
    def running(self, log: Path) -> Iterator[None]:
        """Run it until the block ends."""
        self._log = log
        command = [str(Path(sys.executable).with_name("newsletter")), "web"]
        with log.open("wb") as said, subprocess.Popen(command, env=self._environment, stdout=said, stderr=said) as process:
            self._pid = process.pid
            try:
                self._wait()
                yield
            finally:
                process.terminate()

    def processor_seconds(self) -> float:
        """Give what the server and its worker have used of the processor so far."""
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        return sum(_processor_seconds(pid) for pid in [str(self._pid), *children])

    def take(self, posts: Sequence[Post]) -> None:
        """Post all, over kept-alive connections, and require a yes to each."""
        threads = [threading.Thread(target=self._post, args=(posts[start::CONNECTIONS],)) for start in range(CONNECTIONS)]
        self._refused = 0
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not self._refused, "the server refused a post"

    def _post(self, posts: Sequence[Post]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for body, headers in posts:
            connection.request("POST", "/webhooks/sendgrid", body, headers)
            answer = connection.getresponse()
            answer.read()
            self._refused += answer.status != http.HTTPStatus.OK
        connection.close()

    def _wait(self) -> None:
        for _ in range(200):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"the server did not start; it said: {self._log.read_text()}")


def _processor_seconds(pid: str) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def take_one_by_one(public_key: str, post: Post) -> None:
    """Do what a plain webhook does: verify with SendGrid's class, then look up, store and save, event by event, all at once."""
    from django.db import transaction  # noqa: PLC0415 - after open_site, as all of these
    from django.utils import timezone  # noqa: PLC0415
    from sendgrid.helpers.eventwebhook import EventWebhook  # noqa: PLC0415

    from newsletter.delivery.models import Delivery, Event, Handover, Outcome  # noqa: PLC0415
    from newsletter.subscribers.models import EndReason, SuppressionReason  # noqa: PLC0415
    from newsletter.subscribers.subscribing import end_subscription  # noqa: PLC0415
    from newsletter.subscribers.suppressing import suppress  # noqa: PLC0415

    body, headers = post
    signature, timestamp = (headers[f"X-Twilio-Email-Event-Webhook-{name}"] for name in ("Signature", "Timestamp"))
    assert EventWebhook(public_key).verify_signature(body.decode(), signature, timestamp)
    with transaction.atomic():
        for event in orjson.loads(body):
            delivery = Delivery.objects.filter(key=event["delivery"]).select_related("subscription__subscriber").first()
            at, now = datetime.fromtimestamp(event["timestamp"], UTC), timezone.now()
            values = {"delivery": delivery, "kind": event["event"], "at": at, "received_at": now}
            _, is_new = Event.objects.get_or_create(dedupe=f"{event['delivery']}{event['event']}", defaults=values)
            if delivery is None or delivery.subscription is None or not is_new:
                continue
            delivery.handover = Handover.ACCEPTED
            delivery.outcome = {"delivered": Outcome.DELIVERED, "bounce": Outcome.BOUNCED}.get(event["event"], delivery.outcome)
            delivery.save()
            if event.get("bounce_classification") == "Invalid Address":
                suppress(delivery.subscription.subscriber, reason=SuppressionReason.BOUNCED, now=now)
                end_subscription(delivery.subscription.pk, reason=EndReason.BOUNCED, now=now)


def _keys(readers: int) -> Iterator[str]:
    """Freeze a send to so many readers, as if it were accepted, and give the keys of its mails."""
    from django.db import connection  # noqa: PLC0415 - after open_site

    from newsletter.delivery.models import Delivery, Handover  # noqa: PLC0415
    from newsletter.delivery.preparing import freeze_audience  # noqa: PLC0415

    now = datetime.fromtimestamp(HAPPENED, UTC)
    send_id = begin_send(transport="sendgrid")
    freeze_audience(send_id, on=now.date(), now=now)
    Delivery.objects.filter(handover=Handover.QUEUED).update(handover=Handover.ACCEPTED, handed_over_at=now)
    keys = list(Delivery.objects.filter(handover=Handover.ACCEPTED).order_by("pk").values_list("key", flat=True))
    connection.close()
    assert len(keys) > 0.9 * readers
    return iter(keys)


def main() -> int:
    """Measure."""
    parser = make_parser(__doc__)
    parser.add_argument("--posts", type=int, default=20, help="posts of 1,000 in a round (20)")
    options = parser.parse_args()
    per_round: int = options.posts * EVENTS_IN_A_POST
    readers = (options.rounds * (2 * options.posts + 1) + 2 * CONNECTIONS) * EVENTS_IN_A_POST // 2 * 11 // 10
    with tempfile.TemporaryDirectory(prefix="newsletter-events-") as folder:
        add_readable_readers(open_site(Path(folder)), readers)
        posts = Posts(_keys(readers))
        server = Server(Path(folder) / "site", posts.public_key)
        ready: dict[str, list[Post]] = {}

        @contextmanager
        def written() -> Iterator[None]:
            ready["over HTTP"], ready["a core"], ready["loop"] = (
                posts.write(count) for count in (options.posts, options.posts, 1)
            )
            yield

        def a_core() -> float:
            before = server.processor_seconds()
            server.take(ready["a core"])
            return per_round / (server.processor_seconds() - before)

        reach = Reach(REACH, ReachOf.FIGURE)
        sides = [
            Side(
                "plain loop over the ORM, no HTTP", lambda: take_one_by_one(posts.public_key, ready["loop"][0]), EVENTS_IN_A_POST
            ),
            Side("newsletter web, over HTTP", lambda: server.take(ready["over HTTP"]), per_round, reach),
            Side("newsletter web, a core", a_core, per_round, reach),
        ]
        with server.running(Path(folder) / "web.log"):
            server.take(posts.write(2 * CONNECTIONS))
            report = Report("events", title="SendGrid's events over HTTP, on SQLite", rounds=options.rounds)
            report.compare(
                Comparison(
                    f"{options.posts} posts of 1,000 events a round",
                    EVENTS_A_SECOND,
                    sides,
                    anchor=sides[0].name,
                    around=written,
                )
            )
            report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
