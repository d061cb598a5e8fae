from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.sources.feeds import FeedAddress, read_feed_list
from tests.site_folder import REPOSITORY


def test_a_list_is_read_in_its_order(tmp_path: Path) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text(
        """
[[feed]]
name = "First"
url = "https://example.org/feed/"
language = "es"
tags = ["drugs"]
confirmed = true

[[feed]]
name = "Second"
url = "https://example.org/b.xml"
""",
        "utf-8",
    )
    assert read_feed_list(file) == (
        FeedAddress(name="First", url="https://example.org/feed", language="es", tags=("drugs",), confirmed=True),
        FeedAddress(name="Second", url="https://example.org/b.xml"),
    )


def test_an_address_is_unconfirmed_until_somebody_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text('[[feed]]\nname = "A"\nurl = "https://x.example"\n', "utf-8")
    [feed] = read_feed_list(tmp_path / "feeds.toml")
    assert (feed.confirmed, feed.language, feed.tags) == (False, "en", ())


def test_an_empty_list_is_a_list(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text("", "utf-8")
    assert read_feed_list(tmp_path / "feeds.toml") == ()


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text('[[feed]]\nname = "A"\nurl = "ftp://x"\ncolour = 1\n[[feed]]\nurl = "https://x.example"\n', "utf-8")
    with pytest.raises(SettingsError) as caught:
        read_feed_list(file)
    lines = str(caught.value).splitlines()
    assert [line.strip().partition(":")[0] for line in lines[1:]] == ['feed "A" url', 'feed "A" colour', "feed number 2 name"]


@pytest.mark.parametrize("content", ["feed = 3\n", "feeds = []\n", "[[feed]\n", 'feed = ["x"]\n'])
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "feeds.toml").write_text(content, "utf-8")
    with pytest.raises(SettingsError, match=r"feeds\.toml"):
        read_feed_list(tmp_path / "feeds.toml")


def test_two_feeds_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text('[[feed]]\nname = "A"\nurl = "https://x.example"\n' * 2, "utf-8")
    with pytest.raises(SettingsError, match='feed "A": there are two feeds of this name'):
        read_feed_list(tmp_path / "feeds.toml")


def test_a_missing_list_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Make it, with one"):
        read_feed_list(tmp_path / "feeds.toml")


def test_the_list_of_this_repository_can_be_read() -> None:
    assert read_feed_list(REPOSITORY / "issues" / "feeds.toml")
