"""Everything that means "could not check", over real HTTP: neither recruiting nor closed, and one sentence for an editor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newsletter.checking.trials import VerdictKind, judge_trial
from newsletter.settings import TrialSettings
from newsletter.sources.practice.registry import PracticeRegistry
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.sources.trials.turns import Turns
from tests.faulty_registry import Fault, FaultyRegistry, Wire
from tests.unit.sources.records import study, write_records

ONE, TWO, ABSENT = "NCT09990001", "NCT09990002", "NCT09990099"
HTML = b"<!doctype html><title>Just a moment</title>"


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[FaultyRegistry]:
    file = write_records(tmp_path / "trials.json", study(ONE), study(TWO))
    with PracticeRegistry(file) as practice, FaultyRegistry(practice) as faulty:
        yield faulty


def asking(base_url: str, *, timeout_seconds: float) -> TrialRegistry:
    settings = TrialSettings(base_url=base_url, timeout_seconds=timeout_seconds)
    return TrialRegistry(settings, min_interval_seconds=0, sleep=lambda _: None, turns=Turns())


def changed(**modules: Any) -> bytes:
    """Give a record with other modules, as JSON: of a search and of the path at once."""
    record = study(ONE)
    record["protocolSection"] |= modules
    return json.dumps({**record, "studies": [record]}).encode()


TEXT, JSON = "text/plain; charset=UTF-8", "application/json"
COULD_NOT_CHECK = {
    "refused": (Fault(403, "text/html", HTML), "refused to answer (403)"),
    "too many requests": (Fault(429, TEXT, b"Too many requests"), "come back later (429)"),
    "too many requests for long": (Fault(429, TEXT, b"", {"Retry-After": "3600"}), "come back later (429)"),
    "server error": (Fault(500, TEXT, b"Internal error"), "status 500"),
    "bad gateway": (Fault(502, "text/html", HTML), "status 502"),
    "unavailable": (Fault(503, "text/html", HTML), "status 503"),
    "gateway time-out": (Fault(504, TEXT, b"upstream request timeout"), "status 504"),
    "HTML with 200": (Fault(200, "text/html", HTML), "answered with text/html where JSON was expected"),
    "HTML called JSON": (Fault(200, JSON, HTML), "not whole JSON"),
    "no media type": (Fault(200, "", b"{}"), "answered with something where JSON was expected"),
    "CSV": (Fault(200, "text/csv", b"NCT Number,Status\n"), "answered with text/csv"),
    "nothing": (Fault(204, JSON, b""), "status 204"),
    "unchanged, of what we have not": (Fault(304, JSON, b""), "status 304"),
    "half of the JSON": (Fault(200, JSON, b'{"studies":[{"protocolSection":'), "not whole JSON"),
    "JSON of another form": (Fault(200, JSON, b"[]"), "of another form"),
    "silence": (Fault(wire=Wire.SILENT), "did not answer within 0.5 seconds"),
    "a drip": (Fault(wire=Wire.DRIP), "did not answer within 0.5 seconds"),
    "a cut answer": (Fault(wire=Wire.CUT), "did not answer as a web server should"),
    "a cut answer of unknown length": (Fault(wire=Wire.UNANNOUNCED_CUT), "not whole JSON"),
    "a closed connection": (Fault(wire=Wire.CLOSED), "did not answer as a web server should"),
    "an edge's 404": (Fault(404, "text/html", HTML), "status 404"),
    "an edge's 404 with the registry's words": (Fault(404, "text/html", f"NCT number {ONE} not found".encode()), "status 404"),
    "a 404 of another trial": (Fault(404, TEXT, f"NCT number {TWO} not found".encode()), "status 404"),
    "a 404 with more words": (Fault(404, TEXT, f"NCT number {ONE} not found in cache".encode()), "status 404"),
    "an unknown field": (
        Fault(400, TEXT, b"Parameter 'fields' contains invalid field name: 'Phase'"),
        'no longer knows the field "Phase" (400)',
    ),
    "an unknown parameter": (Fault(400, TEXT, b"`pageSize` is unknown parameter"), 'does not know the parameter "pageSize"'),
    "an unknown refusal": (Fault(400, TEXT, b"Not\ntoday"), "refused the question (400): Not today"),
    "an HTML refusal": (Fault(400, "text/html", HTML), "status 400"),
    "an unknown status": (Fault(body=changed(statusModule={"overallStatus": "PAUSED"})), 'the status "PAUSED"'),
    "no status": (Fault(body=changed(statusModule={})), 'the status ""'),
    "an unknown phase": (Fault(body=changed(designModule={"phases": ["PHASE5"]})), 'the phase "PHASE5"'),
    "an unknown sex": (Fault(body=changed(eligibilityModule={"sex": "ANY"})), 'the sex "ANY"'),
    "an unknown study type": (Fault(body=changed(designModule={"studyType": "REGISTRY"})), 'the study type "REGISTRY"'),
    "a senseless module": (Fault(body=changed(statusModule="RECRUITING")), "no sense at statusModule"),
    "a redirect to another host": (
        Fault(301, TEXT, b"", {"Location": f"https://example.org/api/v2/studies/{TWO}"}),
        "status 301",
    ),
    "a redirect to another path": (Fault(301, TEXT, b"", {"Location": "/api/v2/version"}), "status 301"),
    "a redirect to a page": (Fault(301, TEXT, b"", {"Location": f"/study/{TWO}"}), "status 301"),
    "a redirect for a while": (Fault(302, TEXT, b"", {"Location": f"/api/v2/studies/{TWO}"}), "status 302"),
    "a redirect nowhere": (Fault(301, TEXT, b""), "status 301"),
    "a redirect to itself": (Fault(301, TEXT, b"", {"Location": f"/api/v2/studies/{ONE}"}), "from one number to the next"),
}


@pytest.mark.parametrize("name", COULD_NOT_CHECK)
@pytest.mark.parametrize("where", ["search", "path"])
def test_it_could_not_be_checked(edge: FaultyRegistry, name: str, where: str) -> None:
    fault, words = COULD_NOT_CHECK[name]
    if where == "search":
        edge.plan = lambda _: fault
        words = "status 301" if name == "a redirect to itself" else words
    else:
        left_out = Fault(body=b'{"studies": []}')
        edge.plan = lambda path: left_out if path.startswith("/studies?") else fault
    # Only where an answer never comes whole is the time-out what ends it: a busy machine may need a second for any other.
    never_whole = fault.wire in {Wire.SILENT, Wire.DRIP}
    [answer] = asking(edge.base_url, timeout_seconds=0.5 if never_whole else 20).ask([ONE])
    verdicts = {judge_trial(answer, card_status=status).kind for status in ("open", "not_yet", "expanded", "closed")}
    assert (answer.found, verdicts) == (None, {VerdictKind.COULD_NOT_CHECK})
    assert words in answer.problem
    assert len(answer.problem.splitlines()) == 1
    assert len(answer.problem) < 300
