"""What of the practice registry's records goes into an answer: the pieces that ``fields`` names, and one page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

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
    "LocationGeoPoint": "protocolSection.contactsLocationsModule.locations.geoPoint",
    "VersionHolder": "derivedSection.miscInfoModule.versionHolder",
}

_ORDINARY_PAGE, _LARGEST_PAGE = 10, 1000
_PAGE_TOKEN = re.compile(r"from-([0-9]+)")


def nct_id_of(study: Mapping[str, Any]) -> str:
    """Give the number of a record."""
    return str(study["protocolSection"]["identificationModule"]["nctId"])


def aliases_of(study: Mapping[str, Any]) -> list[str]:
    """Give the numbers that a record had before."""
    return list(study["protocolSection"]["identificationModule"].get("nctIdAliases", []))


def names_in(fields: str) -> list[str]:
    """Split a list as the registry's parameters have it."""
    return [name for name in re.split(r"[|,]", fields) if name]


def paging_mistake(parameters: Mapping[str, str]) -> str:
    """Say in the registry's words what is wrong with the page that was asked for; nothing when it is right."""
    if not parameters.get("pageSize", "0").isdecimal():
        return "Parameter `pageSize` has incorrect format"
    if "pageToken" in parameters and not _PAGE_TOKEN.fullmatch(parameters["pageToken"]):
        return "Parameter `pageToken` has incorrect format"
    return ""


def page_of(studies: Sequence[dict[str, Any]], parameters: Mapping[str, str]) -> dict[str, Any]:
    """Give one page of records: a size of 0 means the ordinary one, one too large the largest; the first page counts them."""
    size = min(int(parameters.get("pageSize", "0")) or _ORDINARY_PAGE, _LARGEST_PAGE)
    token = _PAGE_TOKEN.fullmatch(parameters.get("pageToken", ""))
    begin = int(token[1]) if token else 0
    content: dict[str, Any] = {
        "studies": [pieces_of(study, parameters.get("fields", "")) for study in studies[begin : begin + size]]
    }
    if begin + size < len(studies):
        content["nextPageToken"] = f"from-{begin + size}"
    if parameters.get("countTotal") == "true" and not token:
        content["totalCount"] = len(studies)
    return content


def pieces_of(study: dict[str, Any], fields: str) -> dict[str, Any]:
    """Give the part of a record that ``fields`` names; all of it when none is named."""
    names = names_in(fields)
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
