from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.publishing.news_ranking import TopicWords
from newsletter.sources.feeds.feed_list import FeedAddress, FeedList, read_feed_list
from tests.site_folder import REPOSITORY


def read(tmp_path: Path, text: str) -> FeedList:
    (tmp_path / "feeds.toml").write_text(text, "utf-8")
    return read_feed_list(tmp_path / "feeds.toml")


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_a_list_is_read_in_its_order(tmp_path: Path) -> None:
    listed = read(
        tmp_path,
        """
[topics]
"metasta*" = 5
"not ours" = -2.5

[[feed]]
name = "First"
url = "https://example.org/feed/"
language = "es"
tags = ["drugs"]
weight = 1.5
confirmed = true

[[feed]]
name = "Second"
url = "https://example.org/b.xml"
""",
    )
    first = FeedAddress(name="First", url="https://example.org/feed/", language="es", tags=("drugs",), weight=1.5, confirmed=True)
    assert listed.feed == (first, FeedAddress(name="Second", url="https://example.org/b.xml"))
    assert listed.topics == {"metasta*": 5, "not ours": -2.5}
    assert listed.find("First") == first
    assert listed.find("Third") is None


def test_an_address_is_unconfirmed_and_of_weight_one_until_somebody_says_otherwise(tmp_path: Path) -> None:
    [feed] = read(tmp_path, '[[feed]]\nname = "A"\nurl = "https://x.example"\n').feed
    assert (feed.confirmed, feed.language, feed.tags, feed.weight) == (False, "en", (), 1.0)


def test_an_empty_list_is_a_list(tmp_path: Path) -> None:
    assert read(tmp_path, "") == FeedList()


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    told = mistakes(
        tmp_path,
        """
[topics]
"*" = 1
her2 = 11
[[feed]]
name = "A"
url = "ftp://x"
colour = 1
weight = 0
[[feed]]
url = "https://x.example"
[[feed]]
name = "Twin"
url = "https://twin.example/feed"
[[feed]]
name = "Twin"
url = "https://other.example/"
[[feed]]
name = "The same again"
url = "http://www.twin.example/feed/?utm_source=x"
""",
    )
    assert [line.partition(":")[0] for line in told] == [
        'feed "A" url',
        'feed "A" weight',
        'feed "A" colour',
        "feed number 2 name",
        'topics "*"',
        'topics "her2"',
        'feed "Twin"',
        'feed "The same again"',
    ]
    assert told[1] == 'feed "A" weight: has to be 0.1 at least'
    assert told[-1] == 'feed "The same again": has the same address as "Twin"'


@pytest.mark.parametrize(
    "content",
    ["feed = 3\n", "feeds = []\n", "[[feed]\n", 'feed = ["x"]\n', "topics = 3\n", "weight = inf\n", "[topics]\na = nan\n"],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "feeds.toml").write_text(content, "utf-8")
    with pytest.raises(SettingsError, match=r"feeds\.toml"):
        read_feed_list(tmp_path / "feeds.toml")


def test_a_file_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"There is no .*feeds\.toml"):
        read_feed_list(tmp_path / "feeds.toml")


def test_a_file_that_is_not_utf_8_is_explained(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_bytes(b'[[feed]]\nname = "\xe9"\n')
    with pytest.raises(SettingsError, match="not saved as UTF-8"):
        read_feed_list(tmp_path / "feeds.toml")


def test_the_samples_list_says_of_no_address_that_it_was_seen(tmp_path: Path) -> None:
    listed = read_feed_list(REPOSITORY / "issues" / "feeds.toml")
    assert len(listed.feed) >= 8
    assert not any(feed.confirmed for feed in listed.feed)
    assert {feed.language for feed in listed.feed} == {"en", "es"}


def test_the_samples_topics_find_what_they_are_for() -> None:
    topics = TopicWords(read_feed_list(REPOSITORY / "issues" / "feeds.toml").topics)
    assert sum(topics.find("Metastatic triple-negative breast cancer").values()) > 8
    assert sum(topics.find("Cáncer de mama metastásico: nuevo ensayo clínico").values()) > 8
    assert sum(topics.find("A new drug for prostate cancer").values()) < 0
