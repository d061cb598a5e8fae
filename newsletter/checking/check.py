"""Run every rule over the editions of an issue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsletter.checking.report import CheckReport, Draft
from newsletter.checking.weighing import AS_WRITTEN, weigh_rules
from newsletter.findings import in_reading_order


def check_editions(drafts: Sequence[Draft], severities: Mapping[str, str] = AS_WRITTEN) -> CheckReport:
    """Check the editions of one issue, one draft for each; the first language comes first.

    What is wrong once is reported once, also when two editions are made from the same file. ``severities`` is what the
    newsletter's settings say about single rules. Raises SettingsError where they may not say it.
    """
    findings = dict.fromkeys(finding for rule in weigh_rules(severities) for finding in rule.findings(drafts))
    return CheckReport(
        issue=drafts[0].issue.name if drafts else "",
        digests=tuple(draft.edition.digest for draft in drafts),
        findings=tuple(in_reading_order(list(findings))),
    )
