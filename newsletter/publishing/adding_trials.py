"""Putting trials into an issue: a card in each language, for an editor to write, and what the registry says into the lock."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from newsletter.authoring.append import append_block
from newsletter.authoring.folder import ISSUES, list_issues, look_at_issues
from newsletter.authoring.lock import LOCK_FILE, TrialLock, read_lock
from newsletter.authoring.replacing import replace_file
from newsletter.checking.trials import TrialAnswer, VerdictKind, judge_trial
from newsletter.config import Config
from newsletter.errors import IssueError, NotAllowedError, SourceError

TO_WRITE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "@@ What does the study ask, and why do we list it?\n\n"
        "* @@ Who may join: three to five points.\n\n"
        "@@ What does it involve: visits, tests, travel?",
        "es": "@@ ¿Qué pregunta el estudio y por qué lo listamos?\n\n"
        "* @@ Quién puede participar: de tres a cinco puntos.\n\n"
        "@@ ¿En qué consiste: visitas, pruebas, viajes?",
    }
)
"""What stands in a new card, in the order in which a card reads it. No issue passes the checks while "@@" is in it."""

_CARD: Final = re.compile(r"^:{3,}\s*trial\s+(NCT[0-9]{8})\b", re.MULTILINE)
_UNFINISHED: Final = frozenset({"front-matter-empty", "section-empty", "block-body"})
"""What every issue lacks that was just begun (``newsletter new``): it has room for a card all the same."""

_CARD_STATUS: Final[Mapping[VerdictKind, str]] = MappingProxyType(
    {VerdictKind.OPEN: "open", VerdictKind.NOT_YET: "not_yet", VerdictKind.EXPANDED: "expanded"}
)


@dataclass(frozen=True, slots=True)
class AddedTrial:
    """A trial and the files that got a card of it; none where it stood in every one already."""

    nct_id: str
    files: tuple[str, ...]


def add_trials(config: Config, issue: str, answers: Sequence[TrialAnswer]) -> list[AddedTrial]:
    """Append a card for each trial to every language of an issue that has none, and lock what the registry answered.

    All of them or none. Raises NotAllowedError for a trial that readers cannot join, SourceError for one that could not be
    checked, and IssueError or UsageError where the issue cannot be read; one that nobody has finished can.
    """
    statuses = {answer.nct_id: _card_status(answer) for answer in answers}
    written = _files(config, issue)
    known = read_lock(config.path(f"{ISSUES}/{issue}"), f"{ISSUES}/{issue}")
    cards = {file: set(_CARD.findall(config.path(file).read_text("utf-8"))) for file in written}
    found = {answer.nct_id: answer.found for answer in answers if answer.found is not None}
    missing = {nct_id: [file for file in written if nct_id not in cards[file]] for nct_id in found}
    fresh = {nct_id: trial for nct_id, trial in found.items() if missing[nct_id]}
    if fresh:
        # First: a lock that knows a trial too many does no harm, a card that is not locked is a mistake.
        lock = TrialLock(MappingProxyType({**known.trials, **fresh}))
        replace_file(config.path(f"{ISSUES}/{issue}/{LOCK_FILE}"), lock.to_bytes())
    for nct_id in fresh:
        for file in missing[nct_id]:
            _append(config.path(file), nct_id, statuses[nct_id], written[file])
    return [AddedTrial(nct_id, tuple(files)) for nct_id, files in missing.items()]


def find_issues_with(home: Path) -> dict[str, list[str]]:
    """Give the issues that hold a card of a trial, by its number, the latest first. Issues with mistakes count as well."""
    standing: dict[str, list[str]] = {}
    for name in reversed(list_issues(home)):
        texts = [file.read_text("utf-8", "replace") for file in sorted((home / ISSUES / name).glob("issue*.md"))]
        for nct_id in dict.fromkeys(nct_id for text in texts for nct_id in _CARD.findall(text)):
            standing.setdefault(nct_id, []).append(name)
    return standing


def _files(config: Config, issue: str) -> dict[str, str]:
    """Give the files of an issue, each with its language, the first one first. Raises IssueError and UsageError."""
    findings = look_at_issues(config.home, issue, config.newsletter.languages).findings
    if any(finding.rule not in _UNFINISHED for finding in findings):
        raise IssueError(findings)
    first, *others = config.newsletter.languages
    files = {f"{ISSUES}/{issue}/issue.md": first, **{f"{ISSUES}/{issue}/issue.{other}.md": other for other in others}}
    return {file: language for file, language in files.items() if config.path(file).is_file()}


def _append(file: Path, nct_id: str, status: str, language: str) -> None:
    append_block(
        file,
        kind="trial",
        argument=nct_id,
        title="",
        body=TO_WRITE.get(language, TO_WRITE["en"]),
        options={} if status == "open" else {"status": status},
    )


def _card_status(answer: TrialAnswer) -> str:
    """Give what a card may say of a trial. Raises SourceError and NotAllowedError."""
    verdict = judge_trial(answer, card_status="open")
    if verdict.kind is VerdictKind.COULD_NOT_CHECK:
        raise SourceError(f"{verdict.sentence} Nothing was added.")
    if verdict.kind not in _CARD_STATUS:
        raise NotAllowedError(f"{verdict.sentence} Nothing was added.")
    return _CARD_STATUS[verdict.kind]
