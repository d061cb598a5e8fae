from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.publishing.news_ranking import Rank, TopicWords, rank

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOPICS = TopicWords({"metasta*": 5.0, "HER2": 3.0, "clinical trial": 2.0, "ensayo clínico": 2.0, "prostate": -6.0})


def ranked(title: str = "News", excerpt: str = "", *, days: float = 2, weight: float = 1.0, source: str = "FDA") -> Rank:
    at = NOW - timedelta(days=days)
    return rank(title=title, excerpt=excerpt, source=source, source_weight=weight, published_at=at, topics=TOPICS, now=NOW)


def test_the_reason_names_the_words_the_source_and_the_age() -> None:
    assert ranked("A drug for metastatic cancer").reason == "metasta* in the title; FDA; 2 days old"
    assert (
        ranked("HER2", "A clinical trial", weight=2).reason
        == "HER2 in the title; clinical trial in the text; FDA (weight 2); 2 days old"
    )
    assert ranked(days=0.3).reason == "FDA; today"
    assert ranked(days=1.5).reason == "FDA; yesterday"
    assert ranked(days=2508).reason == "FDA; 6 years old"


def test_the_weightiest_words_are_named_and_the_others_counted() -> None:
    everything = ranked("A clinical trial and un ensayo clínico: metastatic, HER2")
    assert everything.reason.startswith("metasta*, HER2, clinical trial and 1 more in the title")


def test_a_word_in_the_title_counts_twice_as_much_as_one_in_the_text_and_once_in_both() -> None:
    title, text, both = ranked("HER2", days=0), ranked("News", "HER2", days=0), ranked("HER2 HER2", "HER2", days=0)
    assert (title.score, text.score, both.score) == (4.0, 2.5, 4.0)


def test_news_are_worth_half_after_thirty_days_and_the_weight_of_a_source_multiplies() -> None:
    assert ranked(days=0).score == 1.0
    assert ranked(days=30).score == 0.5
    assert ranked(days=30, weight=2).score == 1.0


def test_a_day_to_come_is_no_advantage() -> None:
    assert ranked(days=-90) == ranked(days=0)


def test_what_is_not_ours_sinks_below_all_others_and_says_why() -> None:
    prostate = ranked("A prostate drug", days=0, weight=10)
    assert prostate.score < ranked(days=5000).score
    assert "not prostate in the title" in prostate.reason
    assert ranked("Prostate and metastatic HER2", days=0).score > 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("METASTASES", ["metasta*"]),
        ("her2-positive", ["HER2"]),
        ("HER21", []),
        ("aHER2", []),
        ("clinical  trial", ["clinical trial"]),
        ("clinical trials", []),
        ("Un ENSAYO CLINICO nuevo", ["ensayo clínico"]),
        ("un ensayo cl\u0131\u0301nico", []),
        ("", []),
    ],
)
def test_words_are_found_as_wholes_whatever_their_capitals_and_accents(text: str, found: list[str]) -> None:
    assert list(TOPICS.find(text)) == found


def test_without_topics_age_and_source_decide() -> None:
    plain = rank(title="A", excerpt="", source="X", source_weight=1, published_at=NOW, topics=TopicWords({}), now=NOW)
    assert plain == Rank(1.0, "X; today")
