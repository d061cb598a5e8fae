"""A reader on a running server, and the addresses of their pages."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.readers import SignedUp, sign_up

pytest.register_assert_rewrite("tests.browser.subscribers.walking")


@dataclass(frozen=True)
class ReaderOnline:
    """A reader and where their links lead."""

    reader: SignedUp
    manage_url: str
    unsubscribe_url: str


def online(live_server: LiveServer, reader: SignedUp) -> ReaderOnline:
    """Give the addresses of a reader's pages on the test server."""
    return ReaderOnline(reader, f"{live_server.url}/m/{reader.manage}", f"{live_server.url}/u/{reader.unsubscribe}")


@pytest.fixture
def ana(live_server: LiveServer) -> ReaderOnline:
    """Ana reads English and chose one topic."""
    return online(live_server, sign_up())


@pytest.fixture
def ines(live_server: LiveServer) -> ReaderOnline:
    """Inés reads Spanish."""
    return online(live_server, sign_up("ines@example.org", first_name="Inés", language="es"))
