"""Mistakes in settings and site files, in words that say what to write."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from newsletter.config import load_config
from newsletter.errors import SettingsError
from newsletter.mistakes import describe_mistakes, explain_toml

REPOSITORY = Path(__file__).resolve().parents[3]
PYDANTIC_SAYS = re.compile(r"Input should|String should|Field required|Extra inputs|Value error|Tuple should|pattern")


def _complaint(folder: Path, changes: dict[str, str]) -> str:
    text = (REPOSITORY / "newsletter.toml").read_text("utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "newsletter.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        load_config(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'home_page = "https://',
            'home_page = "',
            "newsletter.home_page: has to be an address that begins with https:// or http://",
        ),
        ('"editors@metsmatters.example"', '"editors"', "newsletter.reply_to: has to be an e-mail address, such as"),
        ('roles = ["medical"]', 'roles = ["nurse"]', "people.maria.roles.0: has to be 'editor', 'medical' or 'publisher'"),
        ("hour = 10", "hour = 2", "cadence: hour 1 and 2 are skipped or repeated when clocks change"),
        ("minute = 0", "minute = 75", "cadence.minute: may be 59 at most"),
        ("list_id =", "listid =", "newsletter.list_id: is missing"),
        ("reply_to =", "replyto =", "newsletter.reply_to: is missing"),
        ("list_id =", "listid =", "newsletter.listid: is not known here"),
        ('languages = ["en", "es"]', 'languages = "en"', 'newsletter.languages: has to be a list, such as ["one", "two"]'),
        ("port = 8000", 'port = "high"', "web.port: has to be a whole number"),
        ('url = "sqlite:///', 'url = "mysql:///', "database.url: has to be an address that begins with sqlite:///"),
        ('"+18442757427"', '"844-275-7427"', "newsletter.helpline_tel: has to be a + and digits only, such as +18442757427"),
        ('name = "Mets Matters"', 'name = ""', "newsletter.name: may not be empty"),
        ("grace_hours = 6", "grace_hours = 0", "cadence.grace_hours: has to be more than 0"),
        ("[cadence]", "[cadance]", "cadance: is not known here"),
        ("timezone =", "timezone", "newsletter.toml: cannot be read at line 40, column 10: Expected '=' after a key"),
    ],
)
def test_a_mistake_in_the_settings_is_said_in_words(tmp_path: Path, old: str, new: str, said: str) -> None:
    complaint = _complaint(tmp_path, {old: new})
    assert said in complaint
    assert not PYDANTIC_SAYS.search(complaint)


def test_a_list_of_which_nothing_is_right_is_one_mistake(tmp_path: Path) -> None:
    assert _complaint(tmp_path, {'roles = ["medical"]': 'roles = ["nurse"]'}).count("people.maria") == 1


def test_a_slip_in_the_name_of_a_variable_is_reported_with_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_DELIVRY__TRANSPORT", "smtp")
    complaint = _complaint(tmp_path, {"minute = 0": "minute = 75"})
    assert "NEWSLETTER_DELIVRY__TRANSPORT: there is no such section" in complaint
    assert "cadence.minute" in complaint


def test_a_value_is_never_repeated(tmp_path: Path) -> None:
    assert "hunter2" not in _complaint(tmp_path, {'url = "sqlite:///': 'url = "postgres://me:hunter2@'})


def test_what_pydantic_alone_knows_is_still_said() -> None:
    class Odd(BaseModel):
        model_config = ConfigDict(strict=True)
        number: complex

    with pytest.raises(ValidationError) as caught:
        Odd.model_validate({"number": "x"})
    ((place, said),) = describe_mistakes(caught.value)
    assert place == ("number",)
    assert said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = “b”", "cannot be read at line 1, column 5: Invalid value. Write name ="),
        ("a = ", "cannot be read at its end: Invalid value"),
        ("[a", "cannot be read at its end: Expected ']'"),
    ],
)
def test_a_broken_toml_file_is_placed(text: str, said: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    assert explain_toml(caught.value).startswith(said)


def test_what_is_no_toml_error_is_explained_as_well() -> None:
    assert explain_toml(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "")).startswith("not saved as UTF-8")
    assert explain_toml(FileNotFoundError(2, "No such file or directory")) == "cannot be read (No such file or directory)."
    assert explain_toml(ValueError("odd")) == "odd"
