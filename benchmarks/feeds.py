"""Seconds to pull 30 feeds of 20 entries into the inbox, new and unchanged: ``python -m benchmarks.feeds``. This machine only.

Each server takes a tenth of a second to answer, as one on another continent does. Beside it the same feeds one after the other.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.invented_list import open_site
from benchmarks.sides import SECONDS, Comparison, Report, Side, make_parser
from newsletter.clock import system_clock
from newsletter.settings import FeedSettings
from newsletter.sources.feeds.feed_list import FeedAddress

FEEDS, ENTRIES, SECONDS_TO_ANSWER = 30, 20, 0.1
TEXT = "An invented text about something that nobody found out, in plain words. " * 12


class FeedServer(BaseHTTPRequestHandler):
    """Answers each path with a feed of its own, and 304 to who knows it."""

    def do_GET(self) -> None:
        """Answer."""
        time.sleep(SECONDS_TO_ANSWER)
        if self.headers.get("If-None-Match") == '"1"':
            self.send_response(304)
            self.end_headers()
            return
        items = "".join(
            f"<item><title>News {number} of {self.path}</title><link>https://example.org{self.path}/{number}</link>"
            f"<description>{TEXT}</description><pubDate>Wed, 18 Nov 2026 09:00:00 GMT</pubDate></item>"
            for number in range(ENTRIES)
        )
        body = f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()
        self.send_response(200)
        for name, value in {"ETag": '"1"', "Content-Type": "application/rss+xml", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve() -> Iterator[list[FeedAddress]]:
    """Run the server, and give the addresses of its feeds."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), FeedServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield [FeedAddress(name=f"Feed {n}", url=f"http://127.0.0.1:{server.server_port}/{n}") for n in range(FEEDS)]
    finally:
        server.shutdown()
        server.server_close()


def pull(feeds: list[FeedAddress], *, at_once: int, fresh: bool) -> float:
    """Pull all and give the seconds of that; what was there before is taken away first where they are to be new."""
    from newsletter.publishing.feed_pulling import pull_feeds  # noqa: PLC0415 - after open_site
    from newsletter.publishing.models import FeedState  # noqa: PLC0415

    if fresh:
        FeedState.objects.all().delete()
    begun = time.perf_counter()
    pulled = list(pull_feeds(feeds, settings=FeedSettings(at_once=at_once, private_hosts=("127.0.0.1",)), now=system_clock()))
    took = time.perf_counter() - begun
    assert not any(feed.problem for feed in pulled), "a feed could not be read"
    assert sum(feed.new for feed in pulled) == (FEEDS * ENTRIES if fresh else 0)
    return took


def main() -> int:
    """Measure."""
    options = make_parser(__doc__, rounds=5).parse_args()
    report = Report("feeds", title="Pulling 30 feeds into the inbox", rounds=options.rounds)
    default = FeedSettings().at_once
    one_by_one = "new, one after the other"
    with tempfile.TemporaryDirectory() as folder, serve() as feeds:
        open_site(Path(folder))
        sides = [
            Side(f"new, {default} at once", partial(pull, feeds, at_once=default, fresh=True)),
            Side(f"unchanged, {default} at once", partial(pull, feeds, at_once=default, fresh=False)),
            Side(one_by_one, partial(pull, feeds, at_once=1, fresh=True)),
        ]
        report.compare(Comparison(f"{FEEDS} feeds of {ENTRIES} entries", SECONDS, sides, anchor=one_by_one))
    report.note("Each server takes 0.1 s to answer, so that 30 one after the other cannot take less than 3 s.")
    report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
