from __future__ import annotations

import logging

import pytest

from newsletter.subscribers.quiet_logs import without_tokens


@pytest.mark.parametrize("path", ["/m/AbC-_9", "/u/AbC-_9", "/unsubscribe/AbC-_9", "/review/AbC-_9"])
def test_a_log_line_never_shows_a_readers_token(path: str) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "%s (%s): %s", ("Bad Request", 400, path), None)
    assert without_tokens(record)
    assert "AbC-_9" not in record.getMessage()
    assert record.getMessage() == f"Bad Request (400): {path.replace('AbC-_9', '…')}"


@pytest.mark.parametrize(
    "before", ["/m//", "/M/", "/m/ ", "/m/\xa0", "/m", "/", "/m;", "/u/../", "/issues/", "/review/…/mail/=3D"]
)
def test_a_token_is_taken_out_wherever_in_a_path_it_stands(before: str) -> None:
    token = "AXn6sG319ZOLKhip3kIMByy0qs0mi6N_7A"
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (before + token,), None)
    assert without_tokens(record)
    assert token not in record.getMessage()
    assert record.getMessage().endswith("…")


def test_a_token_that_already_stands_in_the_message_is_taken_out_as_well() -> None:
    record = logging.LogRecord("gunicorn.error", logging.WARNING, "", 0, "Invalid Request Line '/m/AbC-_9' 100%", None, None)
    assert without_tokens(record)
    assert record.getMessage() == "Invalid Request Line '/m/… 100%"


@pytest.mark.parametrize("address", ["ana@example.org", "ana%40example.org", "mailto:ana@example.org"])
def test_an_address_that_somebody_put_into_a_path_is_taken_out(address: str) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (f"/x/{address}/y",), None)
    assert without_tokens(record)
    assert record.getMessage() == "Not Found: /x/…/y"


@pytest.mark.parametrize("line", ["Not Found: /issues/2026-12/", "A request could not be read: LimitRequestHeaders"])
def test_other_log_lines_stay_as_they_are(line: str) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, line, None, None)
    assert without_tokens(record)
    assert record.getMessage() == line
