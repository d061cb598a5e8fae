from __future__ import annotations

from newsletter.checking.rules import all_rules
from tests.write_check_pages import PAGE, check_page


def test_the_page_of_the_checks_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == check_page(), "run: python -m tests.write_check_pages"


def test_the_page_of_the_checks_has_every_rule() -> None:
    headings = [line.removeprefix("## ") for line in check_page().splitlines() if line.startswith("## ")]
    assert headings == [rule.id for rule in all_rules()]
