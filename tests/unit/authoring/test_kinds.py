from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.authoring.block_kind import BlockKind, BodyRule, FieldRule, FieldType
from newsletter.authoring.kinds import read_block_kinds
from newsletter.errors import TemplateError


def read(tmp_path: Path, text: str) -> dict[str, BlockKind]:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "blocks.toml").write_text(text, "utf-8")
    return dict(read_block_kinds(tmp_path))


def test_the_repositorys_own_kinds_are_the_agreed_ones(kinds: dict[str, BlockKind]) -> None:
    agreed = {"trial", "resource", "helpline", "callout", "quote", "story", "figure", "button", "sources", "sponsors", "for"}
    assert set(kinds) >= agreed
    assert kinds["figure"].options == {"alt": FieldRule("alt", FieldType.TEXT, required=True)}
    assert kinds["button"].body is BodyRule.NONE
    assert kinds["resource"].pattern == '::: resource url "title"'
    assert all(kind.summary for kind in kinds.values())


def test_a_new_kind_is_one_entry(tmp_path: Path) -> None:
    text = """
    [event]
    summary = "Something to go to"
    argument = { name = "day", type = "date" }
    [event.options]
    seats = { type = "integer", required = false }
    """
    event = read(tmp_path, text)["event"]
    assert event.argument == FieldRule("day", FieldType.DATE, required=True)
    assert event.options["seats"] == FieldRule("seats", FieldType.INTEGER, required=False)
    assert event.body is BodyRule.OPTIONAL


def test_a_site_folder_without_the_file_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"There is no templates/blocks\.toml"):
        read_block_kinds(tmp_path)


@pytest.mark.parametrize("text", ["[a", "a = \udcff"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "blocks.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(TemplateError, match=r"templates/blocks\.toml: "):
        read_block_kinds(tmp_path)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a = 1", "[a]: has to be a table"),
        ("[A]", "[A]: a kind's name has small letters"),
        ("[a]\nbdoy = 'none'", "there is no setting 'bdoy'. Did you mean body?"),
        ("[a]\nbody = 'maybe'", "[a] body: 'maybe' is none of required, optional, links, none"),
        ("[a]\noptions = 1", "[a] options: has to be a table"),
        ("[a]\nargument = 1", "[a] argument: has to be a table"),
        ("[a]\nargument = {name = 'x', type = 'txt'}", "there is no type 'txt'. Did you mean text?"),
        ("[a]\nargument = {name = 'body'}", "a field cannot be called 'body'"),
        ("[a]\nargument = {name = 'X-y'}", "a field cannot be called 'X-y'"),
        ("[a]\nargument = {name = 'x'}\ntitle = {name = 'x'}", "two fields are called 'x'"),
        ("[a.options]\nx = {type = 'choice'}", "go together"),
        ("[a.options]\nx = {choices = ['a']}", "go together"),
        ("[a.options]\nx = {type = 'choice', choices = [1]}", "choices has to be a list of texts"),
        (
            "[a.options]\nx = {type = 'choice', choices = ['a'], default = 'b'}",
            "the default does not fit, “b” is no value of “x”",
        ),
        ("[a.options]\nx = {type = 'integer', default = 'b'}", "the default does not fit, “x” has to be a whole number, not “b”"),
        ("[a.options]\nx = {required = 'yes'}", "required is true or false"),
        ("[a.options]\nx = {type = 'datetime'}", "[a]: a block with a datetime needs one field of the type timezone"),
        (
            "[a.options]\nx = {type = 'datetime'}\nz = {type = 'timezone', required = false}",
            "needs one field of the type timezone, required or with a default",
        ),
        ("[a.options]\nx = {after = 'y'}", "[a] x: after has to name another datetime field of this block"),
        (
            "[a.options]\nx = {type = 'datetime', after = 'x'}\nz = {type = 'timezone'}",
            "[a] x: after has to name another datetime field of this block",
        ),
        ("[a.options]\nz = {type = 'timezone', default = 'EST'}", "the default does not fit, there is no time zone “EST”"),
    ],
)
def test_a_mistake_says_where_it_is(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(TemplateError) as caught:
        read(tmp_path, text)
    assert part in str(caught.value)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        read(tmp_path, "[a]\nbody = 'x'\n[b]\nbody = 'y'\n")
    assert "[a] body" in str(caught.value)
    assert "[b] body" in str(caught.value)
