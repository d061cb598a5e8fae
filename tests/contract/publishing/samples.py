"""Small issues and editions to approve, schedule and release."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import combinations
from types import MappingProxyType
from typing import Any

from newsletter.authoring.issue import Block, Issue, Section
from newsletter.authoring.lock import TrialLock
from newsletter.authoring.trial import Trial, TrialSite
from newsletter.checking.report import CheckReport
from newsletter.findings import Finding, Place
from newsletter.publishing.approving import Approved, ApprovingRole, approve
from newsletter.rendering.edition import Asset, Edition, Variant
from newsletter.settings import Cadence, Person

ISSUE = "2026-12"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SLOT_AT = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
TRIAL = "NCT09990001"

CADENCE = Cadence(month="2-12/2", day="1st tue", hour=10, minute=0, timezone="America/New_York", grace_hours=6)

ADA = Person(name="Ada Example", address="ada@metsmatters.example", roles=("editor", "medical"))
MARIA = Person(name="Maria Example", address="maria@metsmatters.example", roles=("medical",))
SAM = Person(name="Sam Example", address="sam@metsmatters.example", roles=("editor",))
PEOPLE = {"ada": ADA, "maria": MARIA, "sam": SAM}


def make_asset(data: bytes = b"a picture", suffix: str = "png") -> Asset:
    return Asset(f"{hashlib.sha256(data).hexdigest()[:16]}.{suffix}", f"image/{suffix}", data)


def make_edition(language: str = "en", issue: str = ISSUE) -> Edition:
    return Edition(
        issue=issue,
        language=language,
        written_in=language,
        title=f"Mets Matters {issue} ({language})",
        subject="Your test results",
        preheader="Biomarkers in plain words",
        html="<html><body><p>Dear @@MM:first_name:667269656e64@@</p><p>Tests</p></body></html>",
        text="Dear @@MM:first_name:667269656e64@@\n\nTests tell more.\nCall us.\n",
        web="<!doctype html><html><head><style>p{color:#222}</style></head><body><main><p>Tests</p></main></body></html>",
        assets=(make_asset(b"first"), make_asset(b"second")),
    )


def make_varied_edition(language: str = "en", topics: tuple[str, ...] = ("tnbc", "trials")) -> Edition:
    """Make an edition that says one line more for each topic that a reader chose."""
    plain = make_edition(language)
    choices = [choice for count in range(len(topics), -1, -1) for choice in combinations(topics, count)]
    fullest, *narrower = (
        Variant(choice, plain.html + "".join(f"<p>{topic}</p>" for topic in choice), plain.text + "\n".join((*choice, "")))
        for choice in choices
    )
    return replace(plain, html=fullest.html, text=fullest.text, topics=topics, narrower=tuple(narrower))


def make_lock(**changes: Any) -> TrialLock:
    trial = Trial(TRIAL, "A study of something", "RECRUITING", phases=("PHASE2",), sites=(TrialSite(country="United States"),))
    return TrialLock(MappingProxyType({TRIAL: replace(trial, **changes)}))


def make_issue(language: str = "en", *, cards: Mapping[str, str] | None = None, name: str = ISSUE) -> Issue:
    file = f"issues/{name}/issue.md"
    place = Place(file, 1, 1)
    blocks = tuple(
        Block("trial", {"nct_id": nct_id, "title": "", "status": status}, (), place)
        for nct_id, status in (cards if cards is not None else {TRIAL: "open"}).items()
    )
    return Issue(
        name=name,
        language=language,
        file=file,
        source="",
        title="Mets Matters",
        subject="Your test results",
        preheader="Biomarkers in plain words",
        topics=(),
        sponsors=(),
        review_by=date(2027, 3, 1),
        sections=(Section(None, "", "", blocks, place),),
        places={},
        lock=make_lock(),
    )


@dataclass(frozen=True)
class Files:
    """What lies in an issue's folder, read, rendered and checked."""

    issues: Sequence[Issue] = (make_issue("en"), make_issue("es"))
    editions: Sequence[Edition] = (make_edition("en"), make_edition("es"))
    findings: tuple[Finding, ...] = ()
    digests: tuple[str, ...] | None = field(default=None)

    def edited(self, language: str = "en", **changes: Any) -> Files:
        """Give the files after an editor changed something in one language."""
        editions = tuple(replace(edition, **changes) if edition.language == language else edition for edition in self.editions)
        return replace(self, editions=editions)

    def with_issues(self, **changes: Any) -> Files:
        """Give the files with the same change in every language's front matter or lock."""
        return replace(self, issues=tuple(replace(issue, **changes) for issue in self.issues))

    @property
    def report(self) -> CheckReport:
        digests = tuple(edition.digest for edition in self.editions) if self.digests is None else self.digests
        return CheckReport(self.issues[0].name, digests, self.findings)


def approve_as(person: str, role: ApprovingRole, files: Files | None = None, *, now: datetime = NOW) -> Approved:
    files = files or Files()
    return approve(
        issues=files.issues,
        editions=files.editions,
        report=files.report,
        person_key=person,
        person=PEOPLE[person],
        role=role,
        now=now,
        system_user="tester",
    )


def approve_fully(files: Files | None = None, *, now: datetime = NOW) -> Approved:
    approve_as("sam", "editor", files, now=now)
    return approve_as("maria", "medical", files, now=now)
