"""The cases of all rules, from the files that hold them by subject. A rule may have its cases in one of them only."""

from __future__ import annotations

from collections.abc import Mapping

from tests.unit.checking import (
    cases,
    correction_cases,
    event_cases,
    language_cases,
    link_cases,
    mail_cases,
    prepared_picture_cases,
    topic_cases,
    trial_date_cases,
    trial_word_cases,
    word_cases,
)
from tests.unit.checking.cases import Cases

_BY_SUBJECT: tuple[Mapping[str, Cases], ...] = (
    *(cases.CASES, event_cases.CASES, mail_cases.CASES, prepared_picture_cases.CASES),
    *(word_cases.CASES, language_cases.CASES, topic_cases.CASES, correction_cases.CASES),
    *(link_cases.CASES, trial_date_cases.CASES, trial_word_cases.CASES),
)

CASES: Mapping[str, Cases] = {rule_id: found for subject in _BY_SUBJECT for rule_id, found in subject.items()}

assert len(CASES) == sum(map(len, _BY_SUBJECT)), "a rule has cases in two files"
