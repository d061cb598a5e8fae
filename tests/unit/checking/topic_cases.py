"""Cases for the rule about topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newsletter.checking.report import Draft
from tests.unit.checking.cases import Cases
from tests.unit.checking.drafts import with_issue


def _about(*topics: str, offered: frozenset[str] | None = frozenset({"tnbc", "trials"})) -> Draft:
    return replace(with_issue(topics=topics), offered_topics=offered)


CASES: Mapping[str, Cases] = {
    "topic-not-offered": Cases(
        fails=[_about("tnbx"), _about("tnbc", "Trials"), _about("tnbc", offered=frozenset())],
        passes=[_about(), _about("trials", "tnbc"), _about("anything", offered=None)],
    )
}
