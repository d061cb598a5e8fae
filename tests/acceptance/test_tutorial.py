"""docs/tutorial.md, followed to the letter: what it has somebody type is typed, and what it promises is looked for."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.conftest import REPOSITORY, Site

PAGE = (REPOSITORY / "docs/tutorial.md").read_text("utf-8")
ISSUE = "issues/2027-02/issue.md"


def step(number: int) -> list[str]:
    """Give what stands indented in a step, piece by piece."""
    (text,) = re.findall(rf"^## {number}\. .*?(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    pieces = re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", text, re.MULTILINE)
    return ["\n".join(line.removeprefix("    ") for line in piece.strip("\n").splitlines()) for piece in pieces]


def typed(site: Site, command: str, code: int = 0) -> str:
    """Do what a line of the tutorial does."""
    name, *arguments = command.split()
    assert name == "newsletter", command
    return site.run(*arguments, code=code)


def put(site: Site, old: str, new: str) -> None:
    """Replace words of the English text; they stand there once."""
    file = site.folder / ISSUE
    text = file.read_text("utf-8")
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def written(site: Site) -> Site:
    """Follow the steps in which the issue is written, 4 to 8."""
    begin, answer, _ = step(4)
    assert typed(site, begin).strip() == answer
    for line in step(5)[0].splitlines():
        put(site, f"\n{line.partition(':')[0]}:\n", f"\n{line}\n")
    put(site, "## The first thing to say\n", f"{step(6)[0]}\n")
    put(site, "::: sources\n", f"::: sources\n{step(7)[0]}\n")
    put(site, "## You can call\n", f"{step(8)[0]}\n\n## You can call\n")
    return site


def test_the_program_says_its_version(site: Site) -> None:
    *_, command, answer = step(2)
    assert typed(site, command).strip() == answer


def test_before_the_link_is_added_the_english_text_has_no_findings(written: Site) -> None:
    put(written, f"{step(8)[0]}\n\n", "")
    printed = written.run("check", "2027-02", "--offline", code=1)
    assert f"{ISSUE}:" not in printed
    assert "issue.es.md:" in printed


def test_the_link_has_the_three_mistakes(written: Site) -> None:
    printed = written.run("check", "2027-02", "--offline", code=1)
    rules = re.findall(rf"^{ISSUE}.*\(([\w-]+)\)$", printed, re.MULTILINE)
    assert sorted(rules) == ["link-not-https", "link-text-vague", "link-tracked"]


def test_it_ends_without_findings_and_with_mails_to_open(written: Site) -> None:
    mend, words, remove_and_check, answer = step(9)
    assert "took utm_source out of an address" in typed(written, mend, code=1)
    put(written, "For its plain pages on tests, [click here](http://medlineplus.gov/breastcancer.html).", words)
    remove, check = remove_and_check.splitlines()
    (written.folder / remove.removeprefix("rm ")).unlink()
    assert typed(written, check).strip() == answer == "No findings."
    send, build = step(10)
    assert typed(written, send).count("accepted by outbox") == 2
    typed(written, build)
    for name in ("message.eml", "email.html", "email.txt"):
        assert (written.folder / "var/build/en" / name).stat().st_size
