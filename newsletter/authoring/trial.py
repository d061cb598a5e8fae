"""A clinical trial, or expanded access to a treatment, as its registry describes it: what a reader may be shown of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrialContact:
    """Whom to ask about a trial, as the registry gives it: any part may be empty, ``phone`` is as people write it."""

    name: str = ""
    phone: str = ""
    phone_ext: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class TrialSite:
    """A place where a trial recruits; ``state`` is empty in most countries but the United States. Names are English."""

    facility: str = ""
    city: str = ""
    state: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What the registry said of one study, on one day. Text is the registry's English; what it did not give is empty.

    Field by field, with its path in the registry's API v2 (https://clinicaltrials.gov/data-api/about-api/study-data-structure):

    * ``nct_id``: the number that was asked for; ``alias_of``: the one under which the registry answered, where it is another.
    * ``status``: ``statusModule.overallStatus``, one of the registry's ``Status`` values, such as RECRUITING.
    * ``study_type``: ``designModule.studyType``: INTERVENTIONAL, OBSERVATIONAL or EXPANDED_ACCESS.
    * ``phases``: ``designModule.phases``, ``Phase`` values; NA is "not applicable", which is not the same as none given.
    * ``sex``: ``eligibilityModule.sex``: ALL, FEMALE or MALE. ``minimum_age``, ``maximum_age``: number and unit, "18 Years".
    * ``lead_sponsor``, ``sponsor_class``: ``sponsorCollaboratorsModule.leadSponsor``'s name and ``AgencyClass`` (INDUSTRY, NIH,
      …); ``collaborators``: the names of those who help to pay.
    * ``contacts``: ``contactsLocationsModule.centralContacts``. ``sites``: those of its ``locations`` that recruit now, or offer
      expanded access now; none where the study itself does neither, since such records keep stale statuses of sites.
    * ``expanded_access``: ``statusModule.expandedAccessInfo.nctId``, the number of the study that offers it outside the trial.
    * ``why_stopped``: ``statusModule.whyStopped``, the sponsor's own words.
    * ``verified``: ``statusModule.statusVerifiedDate`` (yyyy-mm or yyyy-mm-dd), when the sponsor last looked over the record;
      ``last_update``: ``statusModule.lastUpdatePostDateStruct.date``; ``data_version``: ``derivedSection.miscInfoModule``'s
      ``versionHolder``, the day of the registry's load of data.
    * ``checked_on``: the day (yyyy-mm-dd, of the newsletter's time zone) on which the registry said all this.
    """

    nct_id: str
    brief_title: str
    status: str
    study_type: str = ""
    phases: tuple[str, ...] = ()
    sex: str = ""
    minimum_age: str = ""
    maximum_age: str = ""
    lead_sponsor: str = ""
    sponsor_class: str = ""
    collaborators: tuple[str, ...] = ()
    contacts: tuple[TrialContact, ...] = ()
    sites: tuple[TrialSite, ...] = ()
    expanded_access: str = ""
    why_stopped: str = ""
    verified: str = ""
    last_update: str = ""
    data_version: str = ""
    alias_of: str = ""
    checked_on: str = ""

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries of its sites, each once, sorted."""
        return tuple(sorted({site.country for site in self.sites} - {""}))
