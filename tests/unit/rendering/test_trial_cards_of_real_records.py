"""A card of every real record, in both languages and all three media. Collected only where the records lie."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.authoring.lock import TrialLock
from newsletter.rendering.edition import Edition
from newsletter.sources.trials.study import read_study
from tests.unit.rendering.drafting import draw, write_issue
from tests.unit.sources.records import REAL_DATA

BODY = "It asks a question.\n\n* One.\n* Two.\n* Three.\n\nA visit."
TEL = re.compile(r"tel:\+[1-9][0-9]{6,14}(;ext=[0-9]{1,7})?")
OPEN = {"open": "RECRUITING", "expanded": "AVAILABLE"}


def _drawn(record: Any, language: str, status: str) -> Edition:
    trial = read_study(record).trial
    issue = write_issue(
        f"## T\n\n::: trial {trial.nct_id} status={status}\n{BODY}\n:::\n",
        language=language,
        lock=TrialLock({trial.nct_id: trial}),
    )
    return draw(issue)


def _cards(edition: Edition) -> Iterator[LexborNode]:
    for page, selector in ((edition.html, "td.card"), (edition.web, ".card.trial")):
        (card,) = LexborHTMLParser(page).css(selector)
        yield card


def _sites(record: Any) -> tuple[set[str], set[str]]:
    """Give the facilities that recruit, and those that do not."""
    protocol = record["protocolSection"]
    sites = protocol.get("contactsLocationsModule", {}).get("locations", [])
    recruiting = {site["facility"] for site in sites if site.get("status") == "RECRUITING" and site.get("facility")}
    if protocol["statusModule"]["overallStatus"] != "RECRUITING":
        recruiting = set()
    return recruiting, {site["facility"] for site in sites if site.get("facility")} - recruiting


if REAL_DATA.exists():
    RECORDS = sorted((REAL_DATA / "trials").glob("*.json"))

    @pytest.mark.parametrize("status", ["open", "not_yet", "expanded", "closed"])
    @pytest.mark.parametrize("language", ["en", "es"])
    @pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.stem)
    def test_every_real_record_becomes_a_card(file: Path, language: str, status: str) -> None:
        record = json.loads(file.read_bytes())
        edition = _drawn(record, language, status)
        for page in (edition.html, edition.web):
            html5lib.HTMLParser(strict=True).parse(page)
        for card in _cards(edition):
            told = card.text(separator=" ")
            assert not re.search(r"\bNone\b|[{}]|@@|\\[<>\[\]*-]|&(?:lt|gt|amp);|RECRUITING|_", told), told
            for part in card.css("p, h3, li, th, td, strong, summary, a, span"):
                assert part.text(strip=True), f"an empty {part.tag} in {told}"
            for link in card.css('a[href^="tel:"]'):
                assert TEL.fullmatch(link.attributes["href"] or "")
            for address in card.css("a"):
                assert re.match(r"https://|tel:|mailto:[^@\s]+@[^@\s]+$", address.attributes["href"] or "")
        assert not re.search(r"^\s*:|:\s*\n\s*\n(?!\S)", edition.text, re.MULTILINE)
        assert "None" not in edition.text

    @pytest.mark.parametrize("status", ["open", "not_yet", "expanded", "closed"])
    @pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.stem)
    def test_a_card_of_a_real_record_names_recruiting_sites_and_no_others(file: Path, status: str) -> None:
        record = json.loads(file.read_bytes())
        recruiting, others = _sites(record)
        edition = _drawn(record, "en", status)
        listed = {part.text() for card in _cards(edition) for part in card.css("details li")}
        shown = {name for name in recruiting | others if any(" ".join(html.unescape(name).split()) in place for place in listed)}
        assert shown - recruiting == {name for name in others if any(name in other for other in recruiting & shown)}
        assert shown >= recruiting if status == "open" else not listed
