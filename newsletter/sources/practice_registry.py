"""A registry for practice: a local server that speaks ClinicalTrials.gov's API v2 for invented records.

``newsletter demo`` and the tests ask it instead of the real one. It answers as the real one was seen to (statuses, plain-text
errors, aliases that redirect without the query, ``fields`` by piece names) and knows nothing beyond what this program asks.
"""

from __future__ import annotations

import copy
import json
import re
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from newsletter.sources.practice_searching import SEARCH_PARAMETERS, SearchRefusedError, select_studies

API = "/api/v2"

# Piece names of the registry and where each lies in a record; a list on the way means: in each of its elements.
PIECES: Mapping[str, str] = {
    "NCTId": "protocolSection.identificationModule.nctId",
    "NCTIdAlias": "protocolSection.identificationModule.nctIdAliases",
    "BriefTitle": "protocolSection.identificationModule.briefTitle",
    "OverallStatus": "protocolSection.statusModule.overallStatus",
    "LastKnownStatus": "protocolSection.statusModule.lastKnownStatus",
    "WhyStopped": "protocolSection.statusModule.whyStopped",
    "StatusVerifiedDate": "protocolSection.statusModule.statusVerifiedDate",
    "LastUpdatePostDate": "protocolSection.statusModule.lastUpdatePostDateStruct.date",
    "LeadSponsorName": "protocolSection.sponsorCollaboratorsModule.leadSponsor.name",
    "LeadSponsorClass": "protocolSection.sponsorCollaboratorsModule.leadSponsor.class",
    "CollaboratorName": "protocolSection.sponsorCollaboratorsModule.collaborators.name",
    "ExpandedAccessNCTId": "protocolSection.statusModule.expandedAccessInfo.nctId",
    "StudyType": "protocolSection.designModule.studyType",
    "Phase": "protocolSection.designModule.phases",
    "Sex": "protocolSection.eligibilityModule.sex",
    "MinimumAge": "protocolSection.eligibilityModule.minimumAge",
    "MaximumAge": "protocolSection.eligibilityModule.maximumAge",
    "CentralContactName": "protocolSection.contactsLocationsModule.centralContacts.name",
    "CentralContactPhoneExt": "protocolSection.contactsLocationsModule.centralContacts.phoneExt",
    "CentralContactEMail": "protocolSection.contactsLocationsModule.centralContacts.email",
    "CentralContactPhone": "protocolSection.contactsLocationsModule.centralContacts.phone",
    "LocationStatus": "protocolSection.contactsLocationsModule.locations.status",
    "LocationFacility": "protocolSection.contactsLocationsModule.locations.facility",
    "LocationState": "protocolSection.contactsLocationsModule.locations.state",
    "LocationCity": "protocolSection.contactsLocationsModule.locations.city",
    "LocationCountry": "protocolSection.contactsLocationsModule.locations.country",
    "VersionHolder": "derivedSection.miscInfoModule.versionHolder",
}

_NCT_ID = re.compile(r"NCT0*[1-9][0-9]{0,7}", re.IGNORECASE)
_SEARCH_PARAMETERS = frozenset({"filter.ids", "fields", "pageSize", "countTotal", "format"}) | SEARCH_PARAMETERS
_STUDY_PARAMETERS = frozenset({"fields", "format"})


class PracticeRegistry:
    """Serves the records of a JSON file (``{"note": …, "studies": […]}``) on a free local port while the context is open."""

    def __init__(self, file: Path) -> None:
        studies: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["studies"]
        self._studies = {_nct_id(study): study for study in studies}
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
        with self._lock:
            study = copy.deepcopy(self._studies[nct_id])
            study["protocolSection"]["statusModule"]["overallStatus"] = status
            if why_stopped:
                study["protocolSection"]["statusModule"]["whyStopped"] = why_stopped
            self._studies[nct_id] = study

    def answer(self, target: str) -> _Answer:
        """Answer a GET of ``target``, path and query, as the registry would."""
        url = urlsplit(target)
        parameters = dict(parse_qsl(url.query, keep_blank_values=True))
        path = url.path.removeprefix(API)
        if path == "/version":
            return _Answer(200, {"apiVersion": "2.0.5", "dataTimestamp": "2026-11-20T09:00:04"})
        if path == "/studies":
            return self._search(parameters)
        if path.startswith("/studies/"):
            return self._study(path.removeprefix("/studies/"), parameters)
        return _Answer(404, "Not found")

    def _search(self, parameters: Mapping[str, str]) -> _Answer:
        mistake = _parameter_mistake(parameters, _SEARCH_PARAMETERS)
        ids = [nct_id for nct_id in re.split(r"[|,]", parameters.get("filter.ids", "")) if nct_id]
        for number, nct_id in enumerate(ids, 1):
            if not _NCT_ID.fullmatch(nct_id):
                mistake = mistake or f"Item {number} in parameter `filter.ids` has incorrect format"
        size = parameters.get("pageSize", "10")
        if not size.isdecimal():
            mistake = mistake or "Parameter `pageSize` has incorrect format"
        if mistake:
            return _Answer(400, mistake)
        wanted = {nct_id.upper() for nct_id in ids}
        with self._lock:
            studies = [study for study in self._studies.values() if not ids or wanted & {_nct_id(study), *_aliases(study)}]
        try:
            studies = select_studies(studies, parameters)
        except SearchRefusedError as refused:
            return _Answer(400, str(refused))
        page = studies[: min(int(size) or 10, 1000)]
        content: dict[str, Any] = {"studies": [_pieces(study, parameters.get("fields", "")) for study in page]}
        if parameters.get("countTotal") == "true":
            content["totalCount"] = len(studies)
        return _Answer(200, content)

    def _study(self, nct_id: str, parameters: Mapping[str, str]) -> _Answer:
        if not _NCT_ID.fullmatch(nct_id):
            return _Answer(400, "Parameter `nctId` has incorrect format")
        if mistake := _parameter_mistake(parameters, _STUDY_PARAMETERS):
            return _Answer(400, mistake)
        with self._lock:
            study = self._studies.get(nct_id.upper())
            alias_of = next((_nct_id(other) for other in self._studies.values() if nct_id.upper() in _aliases(other)), None)
        if study is not None:
            return _Answer(200, _pieces(study, parameters.get("fields", "")))
        if alias_of:
            return _Answer(301, "", location=f"{API}/studies/{alias_of}")
        return _Answer(404, f"NCT number {nct_id} not found")


class _Answer:
    """A status and what goes with it: JSON for a dict, plain text for a string."""

    def __init__(self, status: int, content: dict[str, Any] | str, location: str = "") -> None:
        self.status = status
        is_text = isinstance(content, str)
        self.body = content.encode() if isinstance(content, str) else json.dumps(content, ensure_ascii=False).encode()
        self.headers = {"Content-Type": "text/plain; charset=UTF-8" if is_text else "application/json"}
        if location:
            self.headers["Location"] = location


class _Server(ThreadingHTTPServer):
    registry: PracticeRegistry


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 5

    def do_GET(self) -> None:
        """Answer as the registry does."""
        answer = self.server.registry.answer(self.path)
        self.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server names it so
        """Say nothing: the demo's screen belongs to the demo."""


def _nct_id(study: Mapping[str, Any]) -> str:
    return str(study["protocolSection"]["identificationModule"]["nctId"])


def _aliases(study: Mapping[str, Any]) -> list[str]:
    return list(study["protocolSection"]["identificationModule"].get("nctIdAliases", []))


def _parameter_mistake(parameters: Mapping[str, str], known: frozenset[str]) -> str:
    for name in parameters:
        if name not in known:
            return f"`{name}` is unknown parameter"
    for piece in _names(parameters.get("fields", "")):
        if piece not in PIECES:
            return f"Parameter 'fields' contains invalid field name: '{piece}'"
    return ""


def _names(fields: str) -> list[str]:
    return [name for name in re.split(r"[|,]", fields) if name]


def _pieces(study: dict[str, Any], fields: str) -> dict[str, Any]:
    """Give the part of a record that ``fields`` names; all of it when none is named."""
    names = _names(fields)
    return _branch(study, [PIECES[name].split(".") for name in names]) if names else study


def _branch(value: Any, paths: Sequence[Sequence[str]]) -> Any:
    if isinstance(value, list):
        return [_branch(element, paths) for element in value]
    branch = {}
    for name in value:
        deeper = [path[1:] for path in paths if path[0] == name]
        if deeper:
            below = value[name] if [] in deeper else _branch(value[name], deeper)
            if below not in ({}, []):
                branch[name] = below
    return branch
