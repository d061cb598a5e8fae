from __future__ import annotations

import ast
from collections.abc import Iterator

from newsletter.checking.form import form_mistakes
from newsletter.checking.rules import all_rules
from tests.site_folder import REPOSITORY
from tests.write_check_pages import FOLDER, pages


def reported_ids() -> Iterator[str]:
    """Find what the program's code names as the rule of a Mistake or a Finding, or calls ``rule_id``."""
    for file in (REPOSITORY / "newsletter").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Mistake", "Finding"}:
                named = [keyword.value for keyword in node.keywords if keyword.arg == "rule"]
                yield from strings((*node.args, *named)[0])
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "rule_id":
                yield from strings(node.value)


def strings(node: ast.expr) -> Iterator[str]:
    assert not isinstance(node, ast.JoinedStr), f"line {node.lineno}: an id that is put together cannot be looked for"
    if isinstance(node, ast.IfExp):
        yield from (*strings(node.body), *strings(node.orelse))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def test_the_pages_of_the_checks_are_up_to_date() -> None:
    there = {file.name: file.read_text("utf-8") for file in FOLDER.glob("*.md")}
    assert there == pages(), "run: python -m tests.write_check_pages"


def test_every_rule_has_its_page_and_stands_in_the_index() -> None:
    index = pages()["README.md"]
    for rule in all_rules():
        assert f"[{rule.id}]({rule.id}.md)" in index
        assert pages()[f"{rule.id}.md"].startswith(f"# {rule.id}\n")


def test_whatever_the_program_reports_can_be_looked_up() -> None:
    known = {rule.id for rule in all_rules()} | {mistake.id for mistake in form_mistakes()}
    assert set(reported_ids()) - known == set()


def test_no_mistake_of_form_is_explained_that_nobody_makes() -> None:
    assert {mistake.id for mistake in form_mistakes()} - set(reported_ids()) == set()


def test_every_mistake_of_form_says_what_is_wrong_and_how_to_mend_it() -> None:
    for mistake in form_mistakes():
        assert mistake.what.endswith("."), mistake.id
        assert mistake.mend.endswith("."), mistake.id
        assert f"### {mistake.id}\n" in pages()["form.md"]
