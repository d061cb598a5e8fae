"""Cases for the rules about corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newsletter.checking.report import Draft
from tests.unit.checking.cases import Cases
from tests.unit.checking.drafts import block, make_issue, with_issue, written


def _titled(subject: str, *, language: str = "en", corrects: str = "2026-10") -> Draft:
    return with_issue(subject=subject, language=language, corrects=corrects)


def _correcting(draft: Draft) -> Draft:
    return replace(draft, issue=replace(draft.issue, corrects="2026-10"))


CASES: Mapping[str, Cases] = {
    "correction-subject": Cases(
        fails=[_titled("About our last issue"), _titled("Sobre nuestro último número", language="es")],
        passes=[
            _titled("Correction: how often to have a scan"),
            _titled("We made a mistake about scans"),
            _titled("Corregimos: cada cuánto hacerse una prueba", language="es"),
            _titled("Über Untersuchungen", language="de"),
            _titled("About our last issue", corrects=""),
        ],
    ),
    "correction-block-missing": Cases(
        fails=[_correcting(replace(with_issue(), issue=make_issue("Text.\n")))],
        passes=[
            written("Text.\n"),
            _correcting(written("Text.\n", block("correction", {"said": "Every month.", "issue": None}))),
        ],
    ),
}
