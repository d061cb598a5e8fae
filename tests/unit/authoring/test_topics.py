"""A block for readers of a topic: which topics an editor may name, and how many."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.authoring.folder import read_issues
from newsletter.authoring.issue import NamedTopic
from newsletter.errors import IssueError

TOPICS = "".join(
    f'[topic.{key}]\nlabel.en = "About {key}"\nlabel.es = "De {key}"\n' for key in ("tnbc", "her2", "trials", "living")
)
BLOCKS = (
    '[for]\nbody = "required"\n[for.options]\ntopic = { type = "topic" }\n'
    '[aside]\noptions = { of = { type = "topic", required = false } }\n'
)
HEAD = "---\ntitle: a\nsubject: b\npreheader: c\nlanguage: {}\n---\n"
FIRST_LINE = HEAD.count("\n") + 1


def write(home: Path, english: str, spanish: str = "", topics: str | None = TOPICS) -> Path:
    folder = home / "issues" / "2026-12"
    for made in (home / "templates", home / "subscribers", folder):
        made.mkdir(parents=True)
    (home / "templates" / "blocks.toml").write_text(BLOCKS, "utf-8")
    if topics is not None:
        (home / "subscribers" / "topics.toml").write_text(topics, "utf-8")
    (folder / "issue.md").write_text(HEAD.format("en") + english, "utf-8")
    if spanish:
        (folder / "issue.es.md").write_text(HEAD.format("es") + spanish, "utf-8")
    return home


def block(topic: str) -> str:
    return f"::: for topic={topic}\nWords.\n:::\n"


def complaints(home: Path) -> list[str]:
    with pytest.raises(IssueError) as caught:
        read_issues(home, "2026-12", ["en", "es"])
    return [str(finding) for finding in caught.value.findings]


def test_a_topic_is_named_by_its_key_and_shown_by_its_label_in_the_issues_language(tmp_path: Path) -> None:
    english, spanish = read_issues(
        write(tmp_path, "All.\n\n" + block("tnbc"), "Todo.\n\n" + block("tnbc")), "2026-12", ["en", "es"]
    )
    assert english.blocks[0].topic == NamedTopic("tnbc", "About tnbc")
    assert spanish.blocks[0].fields["topic"] == NamedTopic("tnbc", "De tnbc")


def test_any_kind_of_block_may_have_a_topic_or_leave_it_out(tmp_path: Path) -> None:
    home = write(tmp_path, "::: aside\n:::\n\n::: aside of=her2\n:::\n")
    everybody, some = read_issues(home, "2026-12", ["en"])[0].blocks
    assert everybody.fields["of"] is everybody.topic is None
    assert some.topic == NamedTopic("her2", "About her2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (block("tnbx"), f"{FIRST_LINE + 2}:9: error: readers cannot choose a topic “tnbx” → Did you mean tnbc? [topic-unknown]"),
        (block("zzzz"), "→ Choose one of: tnbc, her2, trials, living. [topic-unknown]"),
        ("::: for\nWords.\n:::\n", f"{FIRST_LINE + 2}:1: error: the block “for” has no topic"),
        ("::: for topic=\nWords.\n:::\n", f"{FIRST_LINE + 2}:9: error: “topic” is empty"),
        ("::: for tnbc\nWords.\n:::\n", "→ Write it like ::: for topic=… [block-argument]"),
        ("::: for topic=tnbc topic=her2\nWords.\n:::\n", "the option “topic” is given twice"),
        ("::: for topic=tnbc\n:::\n", "the block “for” is empty"),
    ],
)
def test_a_block_for_readers_of_nothing_is_found(tmp_path: Path, text: str, said: str) -> None:
    found = complaints(write(tmp_path, "All.\n\n" + text))
    assert any(said in line for line in found), found


def test_a_topic_without_a_label_in_the_issues_language_is_found(tmp_path: Path) -> None:
    home = write(tmp_path, "All.\n\n" + block("tnbc"), topics='[topic.tnbc]\nlabel.es = "De tnbc"\nlabel.en = 3\n')
    message = "the topic “tnbc” has no label in en"
    fix = 'Add label.en = "…" to [topic.tnbc] in subscribers/topics.toml.'
    assert complaints(home) == [f"issues/2026-12/issue.md:{FIRST_LINE + 2}:9: error: {message} → {fix} [topic-language]"]


def test_without_topics_there_is_none_to_name(tmp_path: Path) -> None:
    said = complaints(write(tmp_path, "All.\n\n" + block("tnbc"), topics=None))
    assert said[0].endswith("→ Add [topic.tnbc] to subscribers/topics.toml. [topic-unknown]")


@pytest.mark.parametrize(
    ("topics", "said"),
    [
        ("[topic.tnbc\n", "subscribers/topics.toml:1:12: error: what readers may choose: cannot be read"),
        ("topic = 3\n", "subscribers/topics.toml: error: “topic” is no table of topics"),
    ],
)
def test_topics_that_cannot_be_read_are_found_once_and_not_at_every_block(tmp_path: Path, topics: str, said: str) -> None:
    found = complaints(write(tmp_path, "All.\n\n" + block("tnbc") + "\n" + block("nonsense"), topics=topics))
    assert [line[: len(said)] for line in found] == [said]


def test_topics_that_are_not_utf8_are_found(tmp_path: Path) -> None:
    home = write(tmp_path, "All.\n")
    (home / "subscribers" / "topics.toml").write_bytes(b"\xff")
    assert "not saved as UTF-8" in complaints(home)[0]


def test_a_topic_that_is_no_table_has_no_label(tmp_path: Path) -> None:
    assert "[topic-language]" in complaints(write(tmp_path, "All.\n\n" + block("a"), topics="[topic]\na = 1\n"))[0]


def test_the_fourth_topic_of_all_languages_together_is_one_too_many(tmp_path: Path) -> None:
    english = "All.\n\n" + "\n".join(map(block, ["tnbc", "her2", "tnbc"]))
    spanish = "Todo.\n\n" + "\n".join(map(block, ["tnbc", "trials", "living", "her2"]))
    message = "an issue has blocks for 3 topics at most, and before “living” come tnbc, her2, trials"
    fix = "Write this part for everybody, or for one of the others."
    place = f"issues/2026-12/issue.es.md:{FIRST_LINE + 10}:1"
    assert complaints(write(tmp_path, english, spanish)) == [f"{place}: error: {message} → {fix} [topics-too-many]"]


def test_three_topics_are_fine(tmp_path: Path) -> None:
    english = "All.\n\n" + "\n".join(map(block, ["tnbc", "her2", "trials", "her2"]))
    assert len(read_issues(write(tmp_path, english), "2026-12", ["en"])[0].blocks) == 4


def test_an_issue_that_is_empty_for_those_who_chose_nothing_is_found(tmp_path: Path) -> None:
    found = complaints(write(tmp_path, "## Part\n\n" + block("tnbc") + "\n" + block("her2")))
    assert [line[-13:] for line in found] == ["[topics-only]"]
    assert found[0].startswith(f"issues/2026-12/issue.md:{FIRST_LINE + 2}:1: ")
