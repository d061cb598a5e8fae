"""Eight threads serve everybody: nobody may keep one of them by sending a letter at a time."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import closing
from typing import Any
from unittest.mock import Mock

import pytest
from django.test import Client
from gunicorn.config import Config
from gunicorn.workers import base
from gunicorn.workers.gthread import TConn
from gunicorn.workers.workertmp import WorkerTmp

from newsletter.project import web_worker
from newsletter.project.web_worker import QuietWorker


@pytest.mark.parametrize("begun", [b"GET /privacy HTTP/1.1\r\nHost", b"G"])
def test_what_comes_too_slowly_is_read_no_further(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_worker, "LONGEST_READ", 0.0)
    config = Config()
    with closing(WorkerTmp(config)) as kept_open:
        monkeypatch.setattr(base, "WorkerTmp", lambda _config: kept_open)
        worker = QuietWorker(1, 0, [], None, 30, config, Mock())
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(begun)
        answering = threading.Thread(target=worker.handle, args=(TConn(config, ours, ("", 0), ""),))
        answering.start()
        answering.join(0.2)
        assert answering.is_alive(), "it waits for the rest"
        worker.murder_pending()
        answering.join(5)
        assert not answering.is_alive()


@pytest.mark.parametrize("length", [6_000_000, 26])
def test_a_form_that_is_too_long_or_breaks_off_is_no_fault_of_ours(length: int, caplog: pytest.LogCaptureFixture) -> None:
    body = Mock()
    body.read.side_effect = ConnectionResetError
    form: Any = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(length), "wsgi.input": body}
    answer = Client(raise_request_exception=False).generic("POST", "/subscribe", **form)
    assert answer.status_code == 400
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
