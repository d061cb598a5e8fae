from __future__ import annotations

import html
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import html5lib
import pytest
from django.conf import settings

from newsletter.config import Config
from newsletter.errors import TemplateError
from newsletter.postbox.drawing import draw_service_mail
from newsletter.postbox.posting import ServiceContent
from newsletter.publishing.trial_gate import TrialStop
from newsletter.publishing.trial_searches import TrialNews

DIAGNOSES = re.compile(r"cancer|cáncer|tumou?r|metast|oncolog|\bMBC\b|\bTNBC\b|trial|ensayo", re.IGNORECASE)

STOP = TrialStop(
    "NCT09990001",
    "open",
    "TERMINATED",
    "closed",
    "NCT09990001 is closed.",
    title="A study of <one> & another",
    why_stopped="Slow & late",
    changes=("the status was one.", "no longer takes people: Boston."),
)
UNCHECKED = TrialStop("NCT09990002", "not_yet", "could not check", "could_not_check", "NCT09990002 could not be checked: (429).")
SAID = [("NOT_YET_RECRUITING", "not_yet"), ("AVAILABLE", "expanded"), ("RECRUITING", "open"), ("absent", "absent")]

VALUES: dict[str, dict[str, Any]] = {
    "review-request": {
        "asked_by": "Ada Example",
        "again": True,
        "url": "https://n.example/review/x",
        "until": "December 6, 2026",
    },
    "review-approval": {
        "who": "Maria Example",
        "when": "today",
        "standing": "Both stand.",
        "next": "newsletter schedule 2026-12",
    },
    "review-changes": {
        "who": "Maria Example",
        "when": "today",
        "notes": [{"heading": "", "text": "a\nb"}, {"heading": "Tests & <care>", "text": "<b>c</b>"}],
        "next": "newsletter request-review 2026-12",
    },
    "alert-found": {
        "number": 2,
        "searches": [
            {"name": "Far & <near>", "trials": [TrialNews(1, "Far", "NCT09990001", "A <b>title</b>", "RECRUITING", is_new=True)]},
            {"name": "To come", "trials": [TrialNews(2, "To", "NCT09990002", "One", "NOT_YET_RECRUITING", is_new=True)]},
        ],
    },
    "alert-feed": {
        "feed": "Far & <near>",
        "since": "November 13, 2026, 10:00 EST",
        "problem": "example.org answered with status 410: the feed is gone for good.",
    },
    "alert-unapproved": {
        "days": 7,
        "when": "December 1, 2026, 10:00 EST",
        "missing": [{"role": "an editor", "people": "Sam & Ada"}, {"role": "the medical reviewer", "people": ""}],
        "objecting": "Maria Example",
        "commands": ["newsletter request-review 2026-12"],
    },
    "alert-held": {
        "held_for": "gate",
        "reason": "NCT09990001 is closed.\nMend its card.",
        "when": "December 1, 2026, 10:00 EST",
        "commands": ["newsletter check 2026-12"],
    },
    "alert-trials": {
        "when": "December 1, 2026, 10:00 EST",
        "trials": [
            {"nct_id": "NCT09990001", "title": "A <b> & c", "lines": ["NCT09990001: closed.", "One site less."], "stops": True},
            {"nct_id": "NCT09990002", "title": "Another", "lines": ["Another phone."], "stops": False},
        ],
        "stops": True,
        "commands": ["newsletter trials close 2026-12 NCT09990001", "newsletter trials refresh 2026-12"],
    },
    "alert-links": {
        "when": "December 1, 2026, 10:00 EST",
        "links": [
            {"address": "https://n.example/a?b=1&c=<2>", "sentence": "https://n.example/a?b=1&c=<2> is broken: no page (404)."},
            {"address": "https://n.example/d", "sentence": "https://n.example/d makes browsers warn readers: it has expired."},
        ],
        "commands": ["newsletter links check 2026-12", "newsletter request-review 2026-12"],
    },
    "alert-stopped": {
        "when": "December 1, 2026, 10:00 EST",
        "until": "",
        "trials": [{"stop": STOP, "ways": {"close": "newsletter trials close 2026-12 NCT09990001"}}],
        "approving": ["newsletter request-review 2026-12"],
        "schedule": "",
    },
    "alert-warnings": {"warnings": ["NCT09990001: the registry now lists it as NCT09990009.", "NCT09990002 < two"]},
    "alert-paused": {
        "paused_for": "errors",
        "reason": "10 mails in a row were refused for what we are.",
        "since": "December 1, 2026, 10:07 EST",
        "sum": "4 = 2 queued + 2 accepted + 0 failed + 0 unknown + 0 excluded",
        "commands": ["newsletter resume 2026-12 --as ada"],
    },
    "alert-finished": {
        "state": "done",
        "corrects": "",
        "issue_subject": "Your cancer test results",
        "begun": "December 1, 2026, 10:00 EST",
        "finished": "December 1, 2026, 10:07 EST",
        "transport": "smtp",
        "sum": "4 = 1 accepted + 1 failed + 1 unknown + 1 excluded",
        "holds": True,
        "counts": {"failed": "1", "unknown": "1"},
        "failed": 1,
        "unknown": 1,
        "suppressed": "1",
        "nobody_suppressed": False,
        "excluded": [("snoozed", "1")],
        "languages": [("en", "1"), ("es", "0")],
        "commands": ["newsletter report 2026-12"],
    },
}
COMMON = {"name": "Ana <b>", "issue": "2026-12", "role": "the medical reviewer"}


def drawn(kind: str, language: str | None, config: Config | None = None) -> ServiceContent:
    return draw_service_mail(
        kind,
        config=config or settings.NEWSLETTER,
        address="ana@example.org",
        language=language,
        values={**COMMON, **VALUES[kind]},
    )


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", VALUES)
def test_every_mail_is_valid_says_its_language_and_names_no_illness_in_its_subject(kind: str, language: str) -> None:
    mail = drawn(kind, language)
    html5lib.HTMLParser(strict=True).parse(mail.html)
    assert f'<html lang="{language}" dir="ltr">' in mail.html
    assert f'<div class="paper" lang="{language}" dir="ltr"' in mail.html
    assert not DIAGNOSES.search(mail.subject)
    assert "\n" not in mail.subject
    assert f"<title>{mail.subject}</title>" in mail.html
    assert not re.findall(r"<img|<script|<link|https?://(?!n\.example)", mail.html)


VARIANTS: dict[str, list[dict[str, Any]]] = {
    "alert-found": [
        {"number": 1, "searches": [{"name": "One", "trials": [TrialNews(1, "One", "NCT09990001", "T", status, is_new=is_new)]}]}
        for status in ("RECRUITING", "AVAILABLE")
        for is_new in (True, False)
    ],
    "alert-feed": [{}],
    "alert-unapproved": [{"days": days} for days in (0, 1)],
    "alert-held": [{"held_for": why} for why in ("person", "approval", "missed", "restore")],
    "alert-trials": [{"stops": False}],
    "alert-links": [{}],
    "alert-stopped": [
        {"until": "December 1, 2026, 16:00 EST", "trials": [{"stop": UNCHECKED, "ways": {"override": "o"}}] * 2},
        {"schedule": "newsletter schedule 2026-12 --at 2027-02-02"},
        {"trials": [{"stop": replace(STOP, said=said, kind=kind), "ways": {"drop": "d"}} for said, kind in SAID]},
    ],
    "alert-warnings": [{}],
    "alert-paused": [{"paused_for": why, "reason": ""} for why in ("person", "age", "restore")],
    "alert-finished": [
        {"state": "cancelled"},
        {"corrects": "2026-12"},
        {"failed": 0, "unknown": 0, "holds": False},
        {"suppressed": "", "nobody_suppressed": True},
    ],
}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("kind", "changes"), [(kind, changes) for kind, several in VARIANTS.items() for changes in several])
def test_an_alert_says_the_same_in_both_parts_whatever_it_is_about(
    kind: str, changes: dict[str, Any], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VALUES, kind, VALUES[kind] | changes)
    mail = drawn(kind, language)
    html5lib.HTMLParser(strict=True).parse(mail.html)
    assert not DIAGNOSES.search(mail.subject)
    body = re.search(r"</h1>(.*)</div>\n</div>", mail.html, re.DOTALL)
    assert body is not None
    shown = html.unescape(re.sub(r"<[^>]+>", " ", body[1]))
    assert re.findall(r"\w+", shown) == re.findall(r"\w+", mail.text)
    assert "\n\n\n" not in mail.text


@pytest.mark.parametrize("kind", VALUES)
def test_what_people_typed_is_text_in_both_parts(kind: str) -> None:
    mail = drawn(kind, "en")
    assert "Ana &lt;b&gt;" in mail.html
    assert "Ana <b>" in mail.text


def test_both_parts_say_the_same() -> None:
    mail = drawn("review-changes", "en")
    for words in ("About the issue as a whole", "newsletter request-review 2026-12"):
        assert words in mail.text
        assert words in mail.html
    assert "    a\n    b\n" in mail.text


@pytest.mark.parametrize("language", [None, "fr"])
def test_without_a_language_of_ours_the_newsletters_first_one_is_used(language: str | None) -> None:
    assert drawn("review-request", language).language == "en"


def test_a_template_that_is_missing_or_wrong_is_named(tmp_path: Path) -> None:
    known: Config = settings.NEWSLETTER
    shutil.copytree(known.path("templates"), tmp_path / "templates")
    config = known.model_copy(update={"home": tmp_path})
    broken = tmp_path / "templates/service/en/review-request.html.j2"
    broken.write_text("{{ nobody_knows }}")
    with pytest.raises(TemplateError, match="review-request: 'nobody_knows' is undefined"):
        drawn("review-request", "en", config)
    (tmp_path / "templates/service/en/review-approval.txt.j2").unlink()
    with pytest.raises(TemplateError, match=r"en/review-approval\.txt\.j2 is missing"):
        drawn("review-approval", "en", config)
