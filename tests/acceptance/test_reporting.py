"""`newsletter report`, as the publisher uses it: numbers in the terminal, a page with pictures, rows for those who may see."""

from __future__ import annotations

import csv
import json
import re
import stat

import html5lib

from tests.acceptance.conftest import Site


def test_the_report_writes_a_page_that_stands_alone_and_only_its_owner_reads(sent_site: Site) -> None:
    printed = sent_site.run("report", "2026-12")
    assert "the sum holds" in printed
    assert "Nobody's opens or clicks are measured" in printed
    page = sent_site.folder / "var/reports/2026-12.html"
    assert str(page) in printed
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    html = page.read_text("utf-8")
    html5lib.HTMLParser(strict=True).parse(html)
    assert "<script" not in html
    assert re.findall(r"(?:src|href)=|url\(|@import|https?://", html) == []


def test_page_terminal_and_json_tell_the_same_numbers(sent_site: Site) -> None:
    found = json.loads(sent_site.run("report", "2026-12", "--format", "json", "--html", "there.html"))
    assert found["opens_and_clicks"] == "not measured"
    assert found["the_sum"] in sent_site.run("report", "2026-12")
    page = (sent_site.folder / "there.html").read_text("utf-8")
    for number in found["status"]["handovers"].values():
        assert number == 0 or f">{number:,}<" in page


def test_the_page_speaks_the_language_of_whom_it_is_for(sent_site: Site) -> None:
    settings = sent_site.folder / "newsletter.toml"
    text = settings.read_text("utf-8").replace("[people.ada]", '[people.ada]\nlanguage = "es"')
    settings.write_text(text, "utf-8")
    sent_site.run("report", "2026-12", "--as", "ada")
    html = (sent_site.folder / "var/reports/2026-12.html").read_text("utf-8")
    assert '<html lang="es">' in html
    assert "La suma cuadra" in html


def test_rows_with_addresses_are_for_the_publisher_and_are_written_down(sent_site: Site) -> None:
    assert "--as" in sent_site.run("report", "2026-12", "--recipients", code=2)
    assert "may not see" in sent_site.run("report", "2026-12", "--recipients", "--as", "maria", code=3)
    sent_site.run("report", "2026-12", "--recipients", "--as", "ada", "--format", "csv", "--out", "rows.csv")
    file = sent_site.folder / "rows.csv"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    status = json.loads(sent_site.run("report", "2026-12", "--format", "json"))["status"]
    assert len(rows) == status["frozen"]
    assert sum(row["handover"] == "accepted" for row in rows) == status["handovers"]["accepted"]
    as_json = json.loads(sent_site.run("report", "2026-12", "--recipients", "--as", "ada", "--format", "json"))
    in_cells = [f"'{row['address']}" if row["address"][0] in "=+-@" else row["address"] for row in as_json]
    assert in_cells == [row["address"] for row in rows]


def test_what_makes_no_sense_together_is_refused(sent_site: Site) -> None:
    assert "--recipients" in sent_site.run("report", "2026-12", "--format", "csv", code=2)
    sent_site.run("report", "2026-12", "--recipients", "--as", "ada", "--html", "x.html", code=2)
