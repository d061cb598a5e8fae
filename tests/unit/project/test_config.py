from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newsletter.config import load_config
from newsletter.errors import SettingsError
from tests.site_folder import REPOSITORY


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copy(REPOSITORY / "newsletter.toml", tmp_path)
    return tmp_path


def change(home: Path, old: str, new: str) -> None:
    file = home / "newsletter.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_the_settings_of_the_repository_are_right(home: Path) -> None:
    config = load_config(home)
    assert config.delivery.transport == "outbox"
    assert config.home == home


def test_a_person_may_have_a_language_and_it_is_written_as_one(home: Path) -> None:
    assert load_config(home).people["maria"].language is None
    change(home, 'roles = ["medical"]', 'roles = ["medical"]\nlanguage = "es"')
    assert load_config(home).people["maria"].language == "es"
    change(home, '\nlanguage = "es"', '\nlanguage = "../es"')
    with pytest.raises(SettingsError, match=r"people\.maria\.language: .*a language such as en or es"):
        load_config(home)


def test_nobody_is_two_people(home: Path) -> None:
    change(home, "sam@metsmatters.example", "Ada@metsmatters.example")
    with pytest.raises(SettingsError, match=r"people\.ada and people\.sam have one address"):
        load_config(home)


def test_an_address_that_makes_the_unsubscribe_header_too_long_is_refused(home: Path) -> None:
    change(home, "http://127.0.0.1:8000", f"https://{'n' * 40}.example.org")
    with pytest.raises(SettingsError, match="one-click would break"):
        load_config(home)


def test_the_hour_that_clocks_skip_or_repeat_is_refused(home: Path) -> None:
    change(home, "hour = 10", "hour = 2")
    with pytest.raises(SettingsError, match="skipped or repeated"):
        load_config(home)


def test_the_environment_wins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_DELIVERY__SMTP__PORT", "2525")
    config = load_config(home)
    assert (config.delivery.smtp.port, config.delivery.smtp.connections) == (2525, 10)


def test_a_header_cannot_be_given_a_second_line(home: Path) -> None:
    change(home, 'from_name = "Mets Matters from SHARE"', 'from_name = "Mets\\nBcc: all@example.org"')
    with pytest.raises(SettingsError, match=r"newsletter\.from_name"):
        load_config(home)


@pytest.mark.parametrize("table", ["TRIALS", "FEEDS", "LINKS"])
@pytest.mark.parametrize("name", ["Fundación", "letter\r\nhost: x", " ", ""])
def test_who_asks_is_said_in_letters_that_a_web_request_can_hold(
    home: Path, monkeypatch: pytest.MonkeyPatch, table: str, name: str
) -> None:
    monkeypatch.setenv(f"NEWSLETTER_{table}__USER_AGENT", name)
    with pytest.raises(SettingsError, match=r"user_agent: has to be a name in letters without accents"):
        load_config(home)


def test_a_rule_is_weighed_with_a_reason(home: Path) -> None:
    change(home, "[feeds]", '[checks.severity.html-large]\nseverity = "off"\nreason = "Pictures."\n\n[feeds]')
    weighed = load_config(home).checks.severity["html-large"]
    assert (weighed.severity, weighed.reason) == ("off", "Pictures.")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('severity = "off"', r"html-large\.reason: is missing"),
        ('severity = "off"\nreason = " "', r"html-large\.reason: may not be empty"),
        ('reason = "Pictures."', r"html-large\.severity: is missing"),
        ('severity = "silent"\nreason = "Pictures."', r"html-large\.severity: has to be 'error', 'warning', 'notice' or 'off'"),
    ],
)
def test_a_rule_is_not_weighed_by_halves(home: Path, lines: str, said: str) -> None:
    change(home, "[feeds]", f"[checks.severity.html-large]\n{lines}\n\n[feeds]")
    with pytest.raises(SettingsError, match=said):
        load_config(home)
