"""The registry's JSON about one study → the Trial that a card is made of.

Every module of a record may be missing; what is missing stays empty. The paths are those of API v2 (OpenAPI 2.0.3).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from newsletter.authoring.trial import Trial, TrialContact, TrialSite
from newsletter.checking.trials import STATUS_LABELS
from newsletter.errors import SourceError
from newsletter.sources.feeds.text import one_line

NCT_ID = re.compile(r"NCT(?!0{8})[0-9]{8}")
PHASES = frozenset({"NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4"})
STUDY_TYPES = frozenset({"", "INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS"})
OPEN_STATUSES = frozenset({"RECRUITING", "AVAILABLE"})
"""In these a study takes people: into a trial, or into expanded access."""
SEXES = frozenset({"", "ALL", "FEMALE", "MALE"})

FIELDS = (
    "NCTId",
    "NCTIdAlias",
    "BriefTitle",
    "OverallStatus",
    "WhyStopped",
    "StatusVerifiedDate",
    "LastUpdatePostDate",
    "ExpandedAccessNCTId",
    "StudyType",
    "Phase",
    "Sex",
    "MinimumAge",
    "MaximumAge",
    "LeadSponsorName",
    "LeadSponsorClass",
    "CollaboratorName",
    "CentralContactName",
    "CentralContactPhone",
    "CentralContactPhoneExt",
    "CentralContactEMail",
    "LocationStatus",
    "LocationFacility",
    "LocationCity",
    "LocationState",
    "LocationCountry",
    "VersionHolder",
)
"""The registry's names for the pieces of a record that are asked for: a whole one with results may have 1.5 MB."""


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """A record as the registry gave it: its own id, its former ids, and what a card needs of it."""

    nct_id: str
    aliases: frozenset[str]
    trial: Trial


def read_study(study: Any) -> StudyRecord:
    """Read one element of ``studies``, or the answer of ``/studies/{id}``. Raises SourceError when it makes no sense."""
    if not isinstance(study, dict):
        raise SourceError("the registry's answer holds something that is no study record.")
    protocol = _part(study, "protocolSection")
    identification = _part(protocol, "identificationModule")
    status = _part(protocol, "statusModule")
    eligibility = _part(protocol, "eligibilityModule")
    nct_id = _word(identification, "nctId")
    if not NCT_ID.fullmatch(nct_id):
        raise SourceError("the registry's answer holds a record without an NCT number.")
    overall = _known(_word(status, "overallStatus"), STATUS_LABELS, "status")
    sponsors = _part(protocol, "sponsorCollaboratorsModule")
    sponsor = _part(sponsors, "leadSponsor")
    design = _part(protocol, "designModule")
    trial = Trial(
        nct_id=nct_id,
        brief_title=_shown(_text(identification, "briefTitle")),
        status=overall,
        study_type=_known(_word(design, "studyType"), STUDY_TYPES, "study type"),
        phases=tuple(_known(_word({"phases": phase}, "phases"), PHASES, "phase") for phase in _list(design, "phases")),
        sex=_known(_word(eligibility, "sex"), SEXES, "sex"),
        minimum_age=_text(eligibility, "minimumAge"),
        maximum_age=_text(eligibility, "maximumAge"),
        lead_sponsor=_text(sponsor, "name"),
        sponsor_class=_text(sponsor, "class"),
        collaborators=tuple(_text(one, "name") for one in _parts(sponsors, "collaborators")),
        contacts=_contacts(protocol),
        sites=_open_sites(protocol, overall),
        expanded_access=_text(_part(status, "expandedAccessInfo"), "nctId"),
        why_stopped=_shown(_text(status, "whyStopped")),
        verified=_text(status, "statusVerifiedDate"),
        last_update=_text(_part(status, "lastUpdatePostDateStruct"), "date"),
        data_version=_text(_part(_part(study, "derivedSection"), "miscInfoModule"), "versionHolder"),
    )
    return StudyRecord(nct_id, frozenset(_texts(identification, "nctIdAliases")), trial)


def _open_sites(protocol: Mapping[str, Any], overall: str) -> tuple[TrialSite, ...]:
    """Give the sites that take people, of a study that does so itself: others keep stale statuses of sites (NCT03475563)."""
    if overall not in OPEN_STATUSES:
        return ()
    return tuple(
        TrialSite(*(_text(site, name) for name in ("facility", "city", "state", "country")))
        for site in _parts(_part(protocol, "contactsLocationsModule"), "locations")
        if site.get("status") == overall
    )


def _contacts(protocol: Mapping[str, Any]) -> tuple[TrialContact, ...]:
    """Give whom to ask, in the registry's order; one of whom nothing is known is left out."""
    contacts = (
        TrialContact(*(_text(contact, name) for name in ("name", "phone", "phoneExt", "email")))
        for contact in _parts(_part(protocol, "contactsLocationsModule"), "centralContacts")
    )
    return tuple(contact for contact in contacts if contact.name or contact.phone or contact.email)


def _shown(text: str) -> str:
    """Give a text as a reader sees it: the registry escapes what Markdown would take for its own (CommonMark 0.31, 2.4)."""
    return re.sub(r"""\\([!-/:-@[-`{-~])""", r"\1", text)


def _known(value: str, known: Mapping[str, str] | frozenset[str], what: str) -> str:
    if value not in known:
        raise SourceError(f'the registry gave the {what} "{one_line(value[:60])}", which this program does not know.')
    return value


def _part(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = parent.get(name, {})
    if not isinstance(part, dict):
        raise SourceError(f"the registry's answer has no sense at {name}.")
    return part


def _list(parent: Mapping[str, Any], name: str) -> list[Any]:
    values = parent.get(name, [])
    if not isinstance(values, list):
        raise SourceError(f"the registry's answer has no sense at {name}.")
    return values


def _parts(parent: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [_part({name: value}, name) for value in _list(parent, name)]


def _texts(parent: Mapping[str, Any], name: str) -> list[str]:
    return [_text({name: value}, name) for value in _list(parent, name)]


def _text(parent: Mapping[str, Any], name: str) -> str:
    # Sponsors type references too: "Diabetes &amp; Glandular Disease Clinic" (NCT05018585).
    return one_line(html.unescape(_word(parent, name)))


def _word(parent: Mapping[str, Any], name: str) -> str:
    """Give a text to the letter: a status that only resembles one of the registry's is none of them."""
    value = parent.get(name, "")
    if not isinstance(value, str):
        raise SourceError(f"the registry's answer has no sense at {name}.")
    return value
