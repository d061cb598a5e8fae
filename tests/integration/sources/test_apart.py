"""Ctrl-C while a server says nothing."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from newsletter.sources.apart import begin_apart, wait_apart

AT_A_TERMINAL = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
"""Whatever a shell has started in the background ignores Ctrl-C, and so do its children: the tests themselves may run there."""

FETCH = """
from newsletter.sources.fetch import FetchLimits, fetch
from newsletter.sources.reach import Reach
fetch(url, limits=FetchLimits(60, 1000), user_agent="test", reach=Reach.to(["127.0.0.1"]))
"""
FEEDS = """
from newsletter.settings import FeedSettings
from newsletter.sources.feeds.feed_list import FeedAddress
from newsletter.sources.feeds.fetching import NOTHING_KNOWN, fetch_feeds
feeds = {FeedAddress(name=str(n), url=f"{url}{n}", language="en"): NOTHING_KNOWN for n in range(20)}
list(fetch_feeds(feeds, settings=FeedSettings(timeout_seconds=60, private_hosts=("127.0.0.1",))))
"""
LINKS = """
from newsletter.settings import LinkSettings
from newsletter.sources.links.looking import ask_links
ask_links([url], LinkSettings(timeout_seconds=60, private_hosts=("127.0.0.1",)))
"""


@pytest.mark.parametrize("asking", [FETCH, FEEDS, LINKS], ids=["fetch", "feeds", "links"])
def test_nobody_waits_for_a_silent_server_after_ctrl_c(asking: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"{AT_A_TERMINAL}url = 'http://127.0.0.1:{server.getsockname()[1]}/'\n{asking}"
        with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) as command:
            server.settimeout(30)
            caller, _ = server.accept()
            with caller:
                command.send_signal(signal.SIGINT)
                # Its own patience is a minute.
                command.wait(30)
            assert command.stderr is not None
            assert b"KeyboardInterrupt" in command.stderr.read()


def test_what_goes_wrong_apart_is_raised_where_the_result_is_asked_for() -> None:
    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        wait_apart(begin_apart(fail, name="test"))
