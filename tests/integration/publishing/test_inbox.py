"""What editors see and decide, on clippings that a local server's feeds brought."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer

from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.inbox import (
    InboxEntry,
    dismiss_clippings,
    keep_clippings,
    list_inbox,
    look_at_clipping,
    note_on_clipping,
)
from newsletter.publishing.models import AuditEntry, Clipping, ClippingState
from newsletter.sources.feeds.feed_list import FeedAddress, FeedList
from tests.contract.publishing.samples import NOW
from tests.integration.publishing.news import ITEMS, pull, serve

pytestmark = [pytest.mark.database, pytest.mark.django_db]

FEEDS = FeedList(feed=(FeedAddress(name="Invented news", url="https://example.org/feed", weight=2),), topics={"approv*": 3})


def inbox(*states: ClippingState) -> list[InboxEntry]:
    return list_inbox(FEEDS, {}, now=NOW, states=states or (ClippingState.NEW, ClippingState.KEPT))


def titles(*states: ClippingState) -> list[str]:
    return [entry.clipping.title for entry in inbox(*states)]


def number(title: str) -> int:
    return Clipping.objects.filter(title=title).order_by("pk")[0].pk


def keep(*numbers: int, note: str = "") -> list[Clipping]:
    return keep_clippings(numbers, note=note, person="sam", now=NOW, system_user="tester")


def dismiss(*numbers: int) -> list[Clipping]:
    return dismiss_clippings(numbers, person="sam", now=NOW, system_user="tester")


def test_what_is_worth_most_stands_first_and_says_why(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, ITEMS))
    first, second = inbox()
    assert (first.clipping.title, second.clipping.title) == ("A new approval", "A guide to trials")
    assert first.rank.reason.startswith("approv* in the title; Invented news (weight 2); ")


def test_one_story_of_two_feeds_is_one_line(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, ITEMS))
    pull(serve(httpserver, {"a?utm_source=twin": "The same guide", "c": "More"}, name="Its twin"))
    assert Clipping.objects.count() == 4
    assert sorted(titles()) == ["A guide to trials", "A new approval", "More"]
    assert [entry.also_in for entry in inbox() if entry.clipping.title == "A guide to trials"] == [("Its twin",)]
    assert look_at_clipping(number("A guide to trials"), FEEDS, {}, now=NOW).also_in == ("Its twin",)
    dismiss(number("A guide to trials"))
    assert sorted(titles()) == ["A new approval", "More"]


def test_posts_of_one_feed_that_differ_in_a_fragment_only_are_lines_of_their_own(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, {"day#a": "First", "day#b": "Second"}))
    assert sorted(titles()) == ["First", "Second"]


def test_kept_is_shown_with_the_new_and_dismissed_is_not(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, {**ITEMS, "c": "Nothing for us"}))
    keep(number("A guide to trials"), note="For spring")
    dismiss(number("Nothing for us"))
    assert titles() == ["A new approval", "A guide to trials"]
    assert titles(ClippingState.KEPT) == ["A guide to trials"]
    assert titles(ClippingState.DISMISSED) == ["Nothing for us"]
    assert look_at_clipping(number("A guide to trials"), FEEDS, {}, now=NOW).clipping.note == "For spring"


def test_no_pull_brings_back_what_was_dismissed(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, ITEMS))
    dismiss(number("A new approval"), number("A guide to trials"))
    pull(serve(httpserver, {**ITEMS, "c": "News"}, etag='"2"'), now=NOW + timedelta(days=1))
    assert titles() == ["News"]


def test_keeping_again_changes_the_note_only_where_one_is_given(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, ITEMS))
    pk = number("A guide to trials")
    keep(pk, note="First")
    keep(pk)
    assert Clipping.objects.get(pk=pk).note == "First"
    note_on_clipping(pk, "Second", person="sam", now=NOW, system_user="tester")
    assert Clipping.objects.get(pk=pk).note == "Second"
    note_on_clipping(pk, "", person="sam", now=NOW, system_user="tester")
    assert Clipping.objects.get(pk=pk).note == ""


def test_all_or_none_are_kept_and_every_wrong_number_is_named(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, ITEMS))
    pk = number("A guide to trials")
    with pytest.raises(UsageError, match=r"There is no clipping 900001, 900002\. See: newsletter feeds list"):
        keep(pk, 900001, 900002)
    assert Clipping.objects.get(pk=pk).state == ClippingState.NEW
    with pytest.raises(UsageError, match="no clipping 900001"):
        look_at_clipping(900001, FEEDS, {}, now=NOW)


@pytest.mark.parametrize("act", [keep, dismiss])
def test_what_stands_in_an_issue_stays_used(httpserver: HTTPServer, act: object) -> None:
    assert callable(act)
    pull(serve(httpserver, ITEMS))
    used, free = number("A guide to trials"), number("A new approval")
    Clipping.objects.filter(pk=used).update(state=ClippingState.USED, clipped_to="2026-12")
    with pytest.raises(NotAllowedError, match=f"Clipping {used} stands in 2026-12 already"):
        act(free, used)
    assert Clipping.objects.get(pk=free).state == ClippingState.NEW


def test_a_link_that_an_issue_has_already_is_said_so(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, ITEMS))
    by_title = {entry.clipping.title: entry.used_in for entry in list_inbox(FEEDS, {"example.org/a": "2026-10"}, now=NOW)}
    assert by_title == {"A guide to trials": "2026-10", "A new approval": ""}


def test_who_decided_is_written_down(httpserver: HTTPServer) -> None:
    pull(serve(httpserver, ITEMS))
    keep(number("A guide to trials"))
    dismiss(number("A new approval"))
    entries = [(entry.act, entry.subject, entry.person) for entry in AuditEntry.objects.order_by("pk")]
    assert entries == [("kept clipping", "A guide to trials", "sam"), ("dismissed clipping", "A new approval", "sam")]
