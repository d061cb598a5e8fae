"""Invented study records in the registry's form, and where real ones lie when they are at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.site_folder import REPOSITORY

REAL_DATA = REPOSITORY.parent / "shared" / "data"
"""Real records and feeds, kept beside the repository and never in it; tests that read them are collected only where they lie."""


def study(nct_id: str = "NCT09990001", status: str = "RECRUITING", **identification: Any) -> dict[str, Any]:
    """Give an invented record with three sites, of which two recruit."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct_id, "briefTitle": "An invented  trial", **identification},
            "statusModule": {"overallStatus": status, "lastUpdatePostDateStruct": {"date": "2026-11-10", "type": "ACTUAL"}},
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Example Network", "class": "NETWORK"}},
            "designModule": {"phases": ["PHASE1", "PHASE2"]},
            "eligibilityModule": {"sex": "ALL", "minimumAge": "18 Years", "eligibilityCriteria": "Long text"},
            "contactsLocationsModule": {
                "centralContacts": [{"name": "Nobody"}, {"name": "Study Desk", "phone": "555-0100"}],
                "locations": [
                    {"city": "Toronto", "country": "Canada", "status": "RECRUITING"},
                    {"city": "Anytown", "country": "United States", "status": "COMPLETED"},
                    {"city": "Barcelona", "country": "Spain", "status": "RECRUITING"},
                ],
            },
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": "2026-11-20"}},
        "hasResults": False,
    }


def write_records(file: Path, *studies: dict[str, Any]) -> Path:
    """Write records as the practice registry reads them."""
    file.write_text(json.dumps({"note": "invented", "studies": list(studies)}), "utf-8")
    return file
