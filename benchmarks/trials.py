"""Reading a study record, and asking the registry about the 20 trials of an issue: ``python -m benchmarks.trials [--rounds 7]``.

The records are invented and served by the practice registry on this machine, so that the network costs nothing: what is measured
is the program, and how long it waits so as to ask the real registry once a second at most.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from benchmarks.sides import MILLISECONDS, Comparison, Report, Side, make_parser
from newsletter.settings import TrialSettings
from newsletter.sources.practice.records import pieces_of
from newsletter.sources.practice.registry import PracticeRegistry
from newsletter.sources.trials.answer_cache import AnswerCache
from newsletter.sources.trials.registry import TrialRegistry
from newsletter.sources.trials.study import FIELDS, read_study
from newsletter.sources.trials.turns import Turns

MEDIAN_BYTES = 13_000
"""Of 294 real records (December 2025 and January 2026)."""
RECORDS, TRIALS, ABSENT = 500, 20, 2
STATUSES = ("RECRUITING", "RECRUITING", "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "COMPLETED")
WORDS = "This invented study asks whether a medicine that does not exist helps people who do not exist. "


def invent_record(number: int) -> dict[str, Any]:
    """Give a whole record, with its texts, sites and contacts, as long as the middle one of the real ones."""
    sites: list[dict[str, Any]] = [
        {"facility": f"Hospital {site}", "city": "Anytown", "state": "Ohio", "country": "United States"}
        | {"status": "RECRUITING" if site % 3 else "COMPLETED"}
        for site in range(number % 30 + 1)
    ]
    record: dict[str, Any] = {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT0999{number:04}", "briefTitle": f"Invented study {number}"},
            "statusModule": {"overallStatus": STATUSES[number % 5], "lastUpdatePostDateStruct": {"date": "2026-11-10"}},
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Example Network", "class": "NETWORK"}},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE2"]},
            "eligibilityModule": {"sex": "ALL", "minimumAge": "18 Years"},
            "contactsLocationsModule": {"centralContacts": [{"name": "Desk", "phone": "555-0100"}], "locations": sites},
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": "2026-11-20"}},
    }
    missing = MEDIAN_BYTES - len(json.dumps(record)) - 60
    record["protocolSection"]["descriptionModule"] = {"detailedDescription": (WORDS * (missing // len(WORDS) + 1))[:missing]}
    return record


def read_all(documents: Sequence[bytes]) -> None:
    """Read each, from its bytes to a Trial."""
    for document in documents:
        read_study(orjson.loads(document))


def load_all(documents: Sequence[bytes]) -> None:
    """Read each as JSON only."""
    for document in documents:
        orjson.loads(document)


def compare_reading(report: Report, records: Sequence[dict[str, Any]]) -> None:
    """Measure reading, whole and by fields."""
    whole = [orjson.dumps(record) for record in records]
    pieces = [orjson.dumps(pieces_of(record, "|".join(FIELDS))) for record in records]
    sides = [
        Side("whole, JSON to a Trial", partial(read_all, whole), RECORDS),
        Side("the fields that are asked for", partial(read_all, pieces), RECORDS),
        Side("whole, as JSON only", partial(load_all, whole), RECORDS),
    ]
    report.compare(Comparison("reading one record", MILLISECONDS, sides))
    sizes = [statistics.median(len(document) for document in documents) for documents in (whole, pieces)]
    report.note(f"{RECORDS} invented records, {sizes[0]:,.0f} bytes each in the middle, {sizes[1]:,.0f} of them asked for.")


def refresh(registry: TrialRegistry, nct_ids: Sequence[str], absent: int) -> None:
    """Ask about all, and see that each was answered."""
    answers = registry.ask(nct_ids)
    assert not any(answer.problem for answer in answers), answers
    assert sum(answer.found is None for answer in answers) == absent


def compare_asking(report: Report, practice: PracticeRegistry, known: Sequence[str], folder: Path) -> None:
    """Measure asking: anew, unchanged, and with the pauses that the real registry is due."""
    settings = TrialSettings(base_url=practice.base_url)
    some_absent = [*known[ABSENT:], *(f"NCT0999{9000 + number}" for number in range(ABSENT))]
    cached = partial(TrialRegistry, settings, cache=AnswerCache(folder), turns=Turns(), min_interval_seconds=0)
    anew = partial(TrialRegistry, settings, turns=Turns(), min_interval_seconds=0)
    refresh(cached(), known, 0)
    paced = TrialRegistry(settings, turns=Turns(), min_interval_seconds=1)
    sides = [
        Side("all known", lambda: refresh(anew(), known, 0)),
        Side("all known and unchanged (304)", lambda: refresh(cached(), known, 0)),
        Side(f"{ABSENT} of them absent", lambda: refresh(anew(), some_absent, ABSENT)),
        Side(f"{ABSENT} of them absent, one request a second", lambda: refresh(paced, some_absent, ABSENT)),
    ]
    report.compare(Comparison(f"asking about {TRIALS} trials", MILLISECONDS, sides))
    report.note(
        f"{TRIALS} trials are one request, and one more for each that the registry left out. With the pauses, rounds follow each "
        "other, so that the first request waits for its turn as well."
    )


def main() -> int:
    """Measure."""
    options = make_parser(__doc__, rounds=7).parse_args()
    report = Report("trials", title="Asking the registry about trials", rounds=options.rounds)
    records = [invent_record(number) for number in range(1, RECORDS + 1)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trials.json"
        file.write_text(json.dumps({"note": "invented", "studies": records[:TRIALS]}), "utf-8")
        compare_reading(report, records)
        with PracticeRegistry(file) as practice:
            known = [record["protocolSection"]["identificationModule"]["nctId"] for record in records[:TRIALS]]
            compare_asking(report, practice, known, Path(folder) / "cache")
    report.save(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
