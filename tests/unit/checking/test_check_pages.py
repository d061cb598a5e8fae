from __future__ import annotations

from newsletter.checking.rules import all_rules
from tests.write_check_pages import FOLDER, pages


def test_the_pages_of_the_checks_are_up_to_date() -> None:
    there = {file.name: file.read_text("utf-8") for file in FOLDER.glob("*.md")}
    assert there == pages(), "run: python -m tests.write_check_pages"


def test_every_rule_has_its_page_and_stands_in_the_index() -> None:
    index = pages()["README.md"]
    for rule in all_rules():
        assert f"[{rule.id}]({rule.id}.md)" in index
        assert pages()[f"{rule.id}.md"].startswith(f"# {rule.id}\n")
