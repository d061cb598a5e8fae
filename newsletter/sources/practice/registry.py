"""A registry for practice: a local server that speaks ClinicalTrials.gov's API v2 for invented records.

``newsletter demo`` and the tests ask it instead of the real one. It answers as the real one was seen to (statuses, plain-text
errors, aliases that redirect without the query, ``fields`` by piece names, pages, one ETag for a load of data) and knows nothing
beyond what this program asks.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from newsletter.sources.practice.records import PIECES, aliases_of, names_in, nct_id_of, page_of, paging_mistake, pieces_of
from newsletter.sources.practice.searching import SEARCH_PARAMETERS, SearchRefusedError, select_studies

API = "/api/v2"

_NCT_ID = re.compile(r"NCT0*[1-9][0-9]{0,7}", re.IGNORECASE)
_PAGING = frozenset({"pageSize", "pageToken", "countTotal"})
_SEARCH_PARAMETERS = frozenset({"filter.ids", "fields", "format"}) | _PAGING | SEARCH_PARAMETERS
_STUDY_PARAMETERS = frozenset({"fields", "format"})


class PracticeRegistry:
    """Serves the records of a JSON file (``{"note": …, "studies": […]}``) on a free local port while the context is open."""

    def __init__(self, file: Path) -> None:
        self._serve(json.loads(file.read_text("utf-8"))["studies"])
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.registry = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="practice-registry", daemon=True)

    @property
    def base_url(self) -> str:
        """The address for ``[trials] base_url``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{API}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def change_status(self, nct_id: str, status: str, *, why_stopped: str = "") -> None:
        """Let a trial have another overallStatus from now on."""

        def change(study: dict[str, Any]) -> None:
            study["protocolSection"]["statusModule"]["overallStatus"] = status
            if why_stopped:
                study["protocolSection"]["statusModule"]["whyStopped"] = why_stopped

        self.change(nct_id, change)

    def change(self, nct_id: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Let ``change`` write into the record of a trial; answers that are under way keep the old one."""
        with self._lock:
            changed = copy.deepcopy(self._studies[nct_id])
            change(changed)
            # In its old place: no page may change because of what stands on another one.
            self._serve(changed if one is self._studies[nct_id] else one for one in self._studies.values())

    def put(self, study: dict[str, Any]) -> None:
        """List a record: a new one, or another one under a known number."""
        with self._lock:
            self._serve([*self._studies.values(), study])

    def remove(self, nct_id: str) -> None:
        """Forget a trial, as if it had never been listed."""
        with self._lock:
            self._serve(study for study in self._studies.values() if nct_id_of(study) != nct_id)

    def _serve(self, studies: Iterable[dict[str, Any]]) -> None:
        self._studies = {nct_id_of(study): study for study in studies}
        self._etag = f'"{hashlib.sha256(json.dumps(self._studies).encode()).hexdigest()[:16]}"'

    def answer(self, target: str, *, if_none_match: str = "") -> PracticeAnswer:
        """Answer a GET of ``target``, path and query, as the registry would."""
        etag = self._etag
        answer = self._answer(target)
        if answer.status != 200:
            return answer
        if if_none_match == etag:
            return PracticeAnswer(304, "", {"ETag": etag})
        return replace(answer, headers={**answer.headers, "ETag": etag})

    def _answer(self, target: str) -> PracticeAnswer:
        url = urlsplit(target)
        parameters = dict(parse_qsl(url.query, keep_blank_values=True))
        path = url.path.removeprefix(API)
        if path == "/version":
            return _json({"apiVersion": "2.0.5", "dataTimestamp": "2026-11-20T09:00:04"})
        if path == "/studies":
            return self._search(parameters)
        if path.startswith("/studies/"):
            return self._study(path.removeprefix("/studies/"), parameters)
        return _text(404, "Not found")

    def _search(self, parameters: Mapping[str, str]) -> PracticeAnswer:
        mistake = _parameter_mistake(parameters, _SEARCH_PARAMETERS)
        ids = names_in(parameters.get("filter.ids", ""))
        for number, nct_id in enumerate(ids, 1):
            if not _NCT_ID.fullmatch(nct_id):
                mistake = mistake or f"Item {number} in parameter `filter.ids` has incorrect format"
        mistake = mistake or paging_mistake(parameters)
        if mistake:
            return _text(400, mistake)
        wanted = {_own_form(nct_id) for nct_id in ids}
        studies = [study for study in self._studies.values() if not ids or wanted & {nct_id_of(study), *aliases_of(study)}]
        try:
            studies = select_studies(studies, parameters)
        except SearchRefusedError as refused:
            return _text(400, str(refused))
        return _json(page_of(studies, parameters))

    def _study(self, nct_id: str, parameters: Mapping[str, str]) -> PracticeAnswer:
        if not _NCT_ID.fullmatch(nct_id):
            return _text(400, "Parameter `nctId` has incorrect format")
        if mistake := _parameter_mistake(parameters, _STUDY_PARAMETERS):
            return _text(400, mistake)
        studies = self._studies
        study = studies.get(_own_form(nct_id))
        if study is not None:
            return _json(pieces_of(study, parameters.get("fields", "")))
        alias_of = next((nct_id_of(other) for other in studies.values() if _own_form(nct_id) in aliases_of(other)), None)
        if alias_of:
            # The real one leaves out the query, ``fields`` too (NCT07048704 -> NCT07280598).
            return PracticeAnswer(301, "", {"Location": f"{API}/studies/{alias_of}"})
        return _text(404, f"NCT number {nct_id} not found")


@dataclass(frozen=True, slots=True)
class PracticeAnswer:
    """What goes over the wire: a status, a body and its headers."""

    status: int
    body: str
    headers: Mapping[str, str]


def _json(content: Mapping[str, Any]) -> PracticeAnswer:
    return PracticeAnswer(200, json.dumps(content, ensure_ascii=False), {"Content-Type": "application/json"})


def _text(status: int, sentence: str) -> PracticeAnswer:
    return PracticeAnswer(status, sentence, {"Content-Type": "text/plain; charset=UTF-8"})


class _Server(ThreadingHTTPServer):
    registry: PracticeRegistry


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 5

    def do_GET(self) -> None:
        """Answer as the registry does."""
        answer = self.server.registry.answer(self.path, if_none_match=self.headers.get("If-None-Match", ""))
        body = answer.body.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server names it so
        """Say nothing: the demo's screen belongs to the demo."""


def _own_form(nct_id: str) -> str:
    """Give a number as records have it: the registry also takes small letters and other counts of leading zeros."""
    return f"NCT{int(nct_id[3:]):08}"


def _parameter_mistake(parameters: Mapping[str, str], known: frozenset[str]) -> str:
    for name in parameters:
        if name not in known:
            return f"`{name}` is unknown parameter"
    for piece in names_in(parameters.get("fields", "")):
        if piece not in PIECES:
            return f"Parameter 'fields' contains invalid field name: '{piece}'"
    return ""
