"""`newsletter check --fix`, as an editor meets it."""

from __future__ import annotations

from tests.acceptance.conftest import Site

SPOILED = {
    "issue.md": ("(https://www.breastcancertrials.org/)", "(https://www.breastcancertrials.org/?utm_source=mail&fbclid=1)"),
    "issue.es.md": ("No hace falta leerlo todo hoy.", "No hace\N{NO-BREAK SPACE}falta  leerlo todo\N{ZERO WIDTH SPACE} hoy."),
}


def spoil(site: Site) -> dict[str, bytes]:
    """Put what --fix is for into both files, and give them as they were."""
    before = {}
    for name, (good, bad) in SPOILED.items():
        file = site.folder / "issues/2026-12" / name
        before[name] = file.read_bytes()
        file.write_bytes(before[name].replace(good.encode(), bad.encode(), 1))
        assert file.read_bytes() != before[name]
    return before


def files(site: Site) -> dict[str, bytes]:
    return {name: (site.folder / "issues/2026-12" / name).read_bytes() for name in SPOILED}


def test_what_is_certain_is_mended_in_every_language_and_shown(site: Site) -> None:
    before = spoil(site)
    assert "utm_source" in site.run("check", "2026-12", "--offline", "--on", "2026-12-01", code=1)
    printed = site.run("check", "2026-12", "--offline", "--fix", "--on", "2026-12-01")
    assert files(site) == before
    assert "+++ issues/2026-12/issue.md (mended)" in printed
    assert (
        "\n-* [Look for trials on BreastCancerTrials.org](https://www.breastcancertrials.org/?utm_source=mail&fbclid=1)"
        in printed
    )
    assert "\n+* [Look for trials on BreastCancerTrials.org](https://www.breastcancertrials.org/)." in printed
    assert "No hace‹no-break space›falta" in printed  # noqa: RUF001  as it is shown
    assert "took utm_source, fbclid out of an address" in printed
    assert "Mended 2 files." in printed
    assert printed.rstrip().endswith("No findings.")


def test_a_row_of_100_000_blanks_is_mended_and_shown_like_any_other(site: Site) -> None:
    """Looked at from each of them to the end, they took half a minute: this test is slow when it fails."""
    file = site.folder / "issues/2026-12/issue.md"
    before = file.read_bytes()
    file.write_bytes(before.replace(b"Metastatic breast cancer", b"Metastatic breast" + b" " * 100_000 + b"cancer", 1))
    assert file.read_bytes() != before
    assert "made one space of several" in site.run("check", "2026-12", "--offline", "--fix", "--on", "2026-12-01")
    assert file.read_bytes() == before


def test_mending_again_mends_nothing(site: Site) -> None:
    printed = site.run("check", "2026-12", "--offline", "--fix", "--on", "2026-12-01")
    assert "Nothing to mend." in printed


def test_a_file_with_mistakes_of_form_is_mended_too_and_keeps_its_line_ends(site: Site) -> None:
    file = site.folder / "issues/2026-12/issue.md"
    file.write_bytes(file.read_bytes().replace(b"language: en", b"langage: en").replace(b"\n", b"\r\n") + b"Two  words.\r\n")
    assert "langage" in site.run("check", "2026-12", "--offline", "--fix", code=1)
    assert file.read_bytes().endswith(b"Two words.\r\n")
    assert b"langage: en\r\n" in file.read_bytes()


def test_an_http_link_stays_where_nobody_answers_and_nobody_is_asked_offline(site: Site) -> None:
    file = site.folder / "issues/2026-12/issue.md"
    text = file.read_text("utf-8").replace("(https://www.breastcancertrials.org/)", "(http://127.0.0.1:9/)", 1)
    file.write_text(text, "utf-8")
    for options in (["--offline"], []):
        assert "is not encrypted" in site.run("check", "2026-12", "--fix", "--on", "2026-12-01", *options)
        assert file.read_text("utf-8") == text


def test_a_file_that_is_not_utf8_is_left_as_it_is(site: Site) -> None:
    file = site.folder / "issues/2026-12/issue.md"
    file.write_bytes(file.read_bytes().replace("“".encode(), b"\x93"))
    before = file.read_bytes()
    assert "UTF-8" in site.run("check", "2026-12", "--offline", "--fix", code=1)
    assert file.read_bytes() == before


def test_a_diff_does_not_go_with_other_formats(site: Site) -> None:
    assert "--format text only" in site.run("check", "2026-12", "--fix", "--format", "json", code=2)


def test_an_issue_that_is_not_there_has_nothing_mended(site: Site) -> None:
    printed = site.run("check", "2031-01", "--fix", code=2)
    assert "There is no issues/2031-01" in printed
    assert "mend" not in printed
