from __future__ import annotations

import gzip
from datetime import UTC, datetime
from time import struct_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import SourceError
from newsletter.sources.feeds.entries import FeedEntry, _moment, read_entries
from newsletter.sources.feeds.text import web_address
from newsletter.sources.fetch import Fetched


def answer(body: bytes, media_type: str = "application/xml", url: str = "https://feed.example.org/news/feed.xml") -> Fetched:
    return Fetched(url, 200, {"content-type": media_type}, body)


def entries(items: str, **more: str) -> tuple[FeedEntry, ...]:
    rss = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'
    return read_entries(answer(rss.encode(), **more))[0]


def entry(inside: str, **more: str) -> FeedEntry:
    [only] = entries(f"<item>{inside}</item>", **more)
    return only


def test_an_entry_has_title_link_date_and_excerpt() -> None:
    only = entry(
        "<guid>abc</guid><title>A new drug</title><link>https://example.org/a</link>"
        "<pubDate>Thu, 13 Aug 2026 13:02:58 EDT</pubDate><description>In short.</description>"
    )
    assert (only.title, only.link, only.excerpt) == ("A new drug", "https://example.org/a", "In short.")
    assert only.published_at == datetime(2026, 8, 13, 17, 2, 58, tzinfo=UTC)


def test_an_entry_is_text_without_tags_scripts_or_pictures() -> None:
    only = entry(
        "<title>It&amp;#8217;s &lt;b&gt;new&lt;/b&gt;</title><description>&lt;p&gt;One&lt;/p&gt;&lt;p&gt;two &amp;amp;quot;three"
        "&amp;amp;quot;&lt;img src='https://tracker.example/p.gif'&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;</description>"
    )
    assert only.title == "It\u2019s new"
    assert only.excerpt == 'One two "three"'


def test_tags_alone_and_references_alone_are_taken_out() -> None:
    assert entry("<title>&lt;b&gt;New&lt;/b&gt; drug</title>").title == "New drug"
    assert entry("<title>Q&amp;amp;A</title>").title == "Q&A"


def test_an_excerpt_ends_at_a_word_within_300_characters() -> None:
    excerpt = entry(f"<title>x</title><description>{'some words, ' * 40}</description>").excerpt
    assert 285 < len(excerpt) <= 300
    assert excerpt.endswith(("some\u2026", "words\u2026"))


def test_one_word_without_end_is_cut_all_the_same() -> None:
    assert len(entry(f"<title>{'x' * 900}</title>").title) == 300


def test_the_key_is_the_id_else_the_link_else_title_and_date() -> None:
    with_id = entry("<guid isPermaLink='false'>1</guid><title>A</title><link>https://example.org/a</link>")
    moved = entry("<guid isPermaLink='false'>1</guid><title>B</title><link>https://example.org/b</link>")
    assert with_id.key == moved.key
    linked = entry("<title>A</title><link>https://example.org/a</link>")
    renamed = entry("<title>B</title><link>https://example.org/a</link>")
    assert linked.key == renamed.key != with_id.key
    assert entry("<title>A</title>").key != entry("<title>B</title>").key
    assert len(with_id.key) == 64


def test_an_entry_given_twice_is_one() -> None:
    assert len(entries("<item><guid>1</guid><title>A</title></item>" * 2)) == 1


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("/a?b=1", "https://feed.example.org/a?b=1"),
        ("a.html", "https://feed.example.org/news/a.html"),
        ("http://feed.example.org/a", "https://feed.example.org/a"),
        ("http://other.example.org/a", "http://other.example.org/a"),
        ("javascript:alert(1)", ""),
        ("ftp://example.org/a", ""),
        ("https://[broken/", ""),
        ("", ""),
    ],
)
def test_a_link_is_an_absolute_web_address_or_nothing(link: str, address: str) -> None:
    assert entry(f"<guid isPermaLink='false'>1</guid><title>A</title><link>{link}</link>").link == address


def test_what_no_address_holds_is_written_as_browsers_write_it_and_stays_out_of_hosts() -> None:
    link = """https://example.org/a"b<c>{{d}}|\\^`?e=(f)&g=[h]"""
    assert web_address(link, link) == "https://example.org/a%22b%3Cc%3E%7B%7Bd%7D%7D%7C%5C%5E%60?e=(f)&g=[h]"
    assert web_address('https://exa"mple.org/', "https://feed.example.org/") == ""


def test_a_feed_over_http_keeps_its_links() -> None:
    only = entry("<title>A</title><link>http://feed.example.org/a</link>", url="http://feed.example.org/f")
    assert only.link == "http://feed.example.org/a"


def test_a_post_without_a_title_is_called_by_its_first_words() -> None:
    assert entry(f"<link>https://example.org/a</link><description>{'words ' * 40}</description>").title.endswith("words\u2026")


def test_an_entry_that_says_nothing_is_left_out() -> None:
    assert entries("<item><link>https://example.org/a</link></item><item><title>A</title></item>")[0].title == "A"


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 00 Jan 0000 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_date_that_cannot_be_read_is_none(date: str) -> None:
    assert entry(f"<title>A</title><pubDate>{date}</pubDate>").published_at is None


def test_a_date_beyond_the_calendar_is_none() -> None:
    assert _moment(struct_time((10_000, 1, 1, 0, 0, 0, 0, 1, 0))) is None


def test_the_day_of_publishing_counts_and_that_of_an_update_only_without_it() -> None:
    dates = "<pubDate>Mon, 16 Oct 2017 15:10:00 +0000</pubDate><dc:date xmlns:dc='http://purl.org/dc/elements/1.1/'>1518478934</dc:date>"
    assert entry(f"<title>A</title>{dates}").published_at == datetime(2017, 10, 16, 15, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("2020/1/10 14:33:00", datetime(2020, 1, 10, 14, 33, tzinfo=UTC)),
        ("2020/11/01", datetime(2020, 11, 1, tzinfo=UTC)),
        ("2020/13/45 10:00", None),
    ],
)
def test_a_date_that_begins_with_the_year_is_read_as_it_is_meant(date: str, day: datetime | None) -> None:
    assert entry(f"<title>A</title><pubDate>{date}</pubDate>").published_at == day


def test_an_address_that_cannot_be_taken_apart_is_none() -> None:
    assert web_address("https://[broken/", "https://feed.example.org/") == ""


def test_a_date_of_update_will_do() -> None:
    atom = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>A</title>'
        b"<updated>2026-08-13T17:02:58Z</updated></entry></feed>"
    )
    assert read_entries(answer(atom))[0][0].published_at == datetime(2026, 8, 13, 17, 2, 58, tzinfo=UTC)


def test_a_feed_that_is_not_well_formed_is_read_with_a_warning() -> None:
    found, warning = read_entries(answer(b"<rss version='2.0'><channel><item><title>A & B</title></item>"))
    assert [one.title for one in found] == ["A & B"]
    assert warning.startswith("the feed is not well-formed (")


def test_an_empty_feed_is_no_problem() -> None:
    assert read_entries(answer(b"<rss version='2.0'><channel><title>News</title></channel></rss>")) == ((), "")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not a feed but empty"),
        (b"<!DOCTYPE html><html><body>Moved</body></html>", "not a feed but a web page"),
        (b'{"a": 1}', "something else"),
        (b"\x1f\x8b\x08\x00rest", "cannot be unpacked"),
        (b"/etc/hostname", "something else"),
        (b"<rss version='2.0'><channel><title>x", "not well-formed"),
    ],
)
def test_what_is_no_feed_is_a_problem_in_one_sentence(body: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        read_entries(answer(body, "text/plain"))
    assert len(str(caught.value).splitlines()) == 1


@settings(deadline=None)
@given(title=st.text(max_size=60), text=st.text(max_size=400))
def test_whatever_a_feed_says_comes_out_as_short_plain_lines(title: str, text: str) -> None:
    def cdata(value: str) -> str:
        legal = "".join(c for c in value if c.isprintable() and not 0xD800 <= ord(c) < 0xE000 and c not in "\ufffe\uffff")
        return f"<![CDATA[{legal.replace(']]>', '')}]]>"

    for one in entries(f"<item><title>{cdata(title)}</title><description>{cdata(text)}</description></item>"):
        for value in (one.title, one.excerpt):
            assert value == " ".join(value.split())
            assert len(value) <= 300


def test_a_feed_that_is_a_gzip_file_is_unpacked_and_no_more_than_allowed() -> None:
    feed = b"<rss version='2.0'><channel><item><title>Packed</title></item></channel></rss>"
    assert read_entries(answer(gzip.compress(feed)))[0][0].title == "Packed"
    with pytest.raises(SourceError, match=r"^feed\.example\.org sent more than 1,000 bytes, once unpacked\.$"):
        read_entries(answer(gzip.compress(b" " * 1_000_000 + feed)), max_bytes=1000)


def test_invisible_characters_and_those_that_turn_writing_round_are_gone() -> None:
    only = entry(
        "<title>A\u202eevil\u202c \u2066b\u2069 c\u200bd\u00ade\ufefff \U000e0041g</title><description>\x85x</description>"
    )
    assert only.title == "Aevil b cdef g"
    assert entry("<title>\U0001f469\u200d\u2695</title>").title == "\U0001f469\u200d\u2695"


def test_the_same_story_is_known_in_whatever_feed_it_stands() -> None:
    here = entry("<guid>1</guid><title>A</title><link>https://example.org/a/?utm_source=x</link>")
    there = entry("<guid isPermaLink='false'>2</guid><title>A, again</title><link>http://www.example.org/a</link>")
    assert here.key != there.key
    assert here.story == there.story
    monday, tuesday = ("<pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate>", "<pubDate>Tue, 03 Nov 2026 10:00:00 GMT</pubDate>")
    assert (
        entry(f"<guid isPermaLink='false'>1</guid><title>A b</title>{monday}").story == entry(f"<title>a B</title>{monday}").story
    )
    assert entry(f"<title>A</title>{monday}").story != entry(f"<title>A</title>{tuesday}").story


@pytest.mark.parametrize(
    "link", ["https://fda.gov@evil.example/", "https://example.org/\u202efdp.exe", f"https://x.org/{'a' * 2000}"]
)
def test_a_link_that_is_made_to_look_like_another_is_none(link: str) -> None:
    assert entry(f"<guid isPermaLink='false'>1</guid><title>A</title><link>{link}</link>").link == ""


@pytest.mark.parametrize(
    ("status", "words"), [(403, "turns programs"), (404, "no feed at this address"), (410, "gone for good"), (500, "500.")]
)
def test_a_status_is_explained_where_there_is_something_to_do(status: int, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        read_entries(Fetched("https://feed.example.org/", status, {}, b""))
