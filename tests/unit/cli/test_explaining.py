from __future__ import annotations

import re

import pytest
import typer

from newsletter.checking.form import form_mistakes
from newsletter.checking.rules import all_rules
from newsletter.cli.explaining import explain_and_leave
from newsletter.errors import UsageError


@pytest.mark.parametrize("rule_id", ["tracking-pixel", "block-unclosed", "merge-field-unknown"])
def test_a_check_is_explained_and_nothing_else_is_done(rule_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left:
        explain_and_leave(rule_id)
    assert left.value.exit_code == 0
    assert capsys.readouterr().out.startswith(f"{rule_id}\n")


def test_whatever_can_be_reported_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    for rule_id in [*(rule.id for rule in all_rules()), *(mistake.id for mistake in form_mistakes())]:
        with pytest.raises(typer.Exit):
            explain_and_leave(rule_id)
        assert "mend it" in capsys.readouterr().out


def test_without_an_id_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    explain_and_leave("")
    assert capsys.readouterr().out == ""


def test_an_unknown_check_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no check “tracking-pixels”\. Did you mean tracking-pixel\?"):
        explain_and_leave("tracking-pixels")


@pytest.mark.parametrize(
    ("typed", "advice"), [("subject-lenght", "Did you mean subject-length?"), ("xyz", "docs/checks/README.md")]
)
def test_a_check_that_is_none_comes_with_the_nearest_or_with_the_list(typed: str, advice: str) -> None:
    with pytest.raises(UsageError, match=re.escape(advice)):
        explain_and_leave(typed)
