from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.subscribers.choices import load_choices

TOPICS = """
[topic.tnbc]
label.en = "Triple negative"
label.es = "Triple negativo"
description.en = "About it."
description.es = "Sobre ello."
[topic.trials]
label.en = "Trials"
label.es = "Estudios"
description.en = "About them."
description.es = "Sobre ellos."
"""
CONSENT = """
[wording."2024-09"]
en = "Yes."
es = "Sí."
[wording."2026-11"]
en = "Yes, please."
es = "Sí, por favor."
"""


def site(folder: Path, topics: str | None, consent: str | None) -> Path:
    (folder / "subscribers").mkdir()
    for name, text in (("topics.toml", topics), ("consent.toml", consent)):
        if text is not None:
            (folder / "subscribers" / name).write_text(text, "utf-8")
    return folder


def mistakes(home: Path) -> list[str]:
    with pytest.raises(SettingsError) as wrong:
        load_choices(home, ["en", "es"])
    return [line.strip() for line in str(wrong.value).splitlines()[1:]]


def test_topics_keep_the_order_of_the_file_and_the_last_wording_is_the_current_one(tmp_path: Path) -> None:
    choices = load_choices(site(tmp_path, TOPICS, CONSENT), ["en", "es"])
    assert [topic.key for topic in choices.topics] == ["tnbc", "trials"]
    assert choices.topics[0].label["es"] == "Triple negativo"
    assert choices.topic_keys == {"tnbc", "trials"}
    assert choices.current_wording == "2026-11"
    assert choices.wordings["2024-09"]["es"] == "Sí."


def test_a_site_may_offer_no_topics(tmp_path: Path) -> None:
    assert load_choices(site(tmp_path, "", CONSENT), ["en"]).topics == ()


def test_every_mistake_of_both_files_is_reported_at_once(tmp_path: Path) -> None:
    topics = """
    [topic.tnbc]
    label.en = "Triple negative"
    label.es = " "
    colour = "red"
    [topic."Bad Key"]
    label.en = "x"
    [topics.old]
    """
    consent = """
    [wording."2026-11"]
    en = 7
    """
    assert mistakes(site(tmp_path, topics, consent)) == [
        "subscribers/topics.toml: [topics] is not known; tables are called [topic.…]",
        "subscribers/topics.toml: [topic.Bad Key]: use small letters, digits, - and _, at most 40",
        "subscribers/topics.toml: [topic.tnbc] label: es is empty or no text",
        "subscribers/topics.toml: [topic.tnbc] description is missing; write it for en, es",
        "subscribers/topics.toml: [topic.tnbc]: colour is not known; a topic has label and description",
        'subscribers/consent.toml: [wording."2026-11"]: es is missing',
        'subscribers/consent.toml: [wording."2026-11"]: en is empty or no text',
    ]


def test_a_missing_and_an_unreadable_file_are_both_named(tmp_path: Path) -> None:
    first, second = mistakes(site(tmp_path, None, "[wording"))
    assert first.startswith("subscribers/topics.toml: is missing")
    assert second.startswith("subscribers/consent.toml: ")


def test_a_consent_without_any_wording_is_a_mistake(tmp_path: Path) -> None:
    assert mistakes(site(tmp_path, TOPICS, "")) == ["subscribers/consent.toml: has no wording; add what readers say yes to"]


def test_what_is_no_table_is_a_mistake(tmp_path: Path) -> None:
    assert mistakes(site(tmp_path, "topic = 1", 'wording = {a = "b"}')) == [
        "subscribers/topics.toml: topic is a table of tables; write [topic.…]",
        "subscribers/consent.toml: [wording.a] is not a table",
    ]


def test_this_repositorys_own_choices_are_right() -> None:
    assert load_choices(Path(__file__).parents[3], ["en", "es"]).topic_keys
