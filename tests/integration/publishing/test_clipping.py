from __future__ import annotations

from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from newsletter.errors import NotAllowedError, UsageError
from newsletter.publishing.clipping import ClippingPlace, clip
from newsletter.publishing.models import AuditEntry, Candidate, Clipping, ClippingState, Slot, SlotState
from newsletter.publishing.used_links import find_used_links
from newsletter.sources.feeds.feed_list import FeedAddress
from tests.contract.publishing.samples import ISSUE, NOW, Files, approve_fully, make_edition
from tests.integration.publishing.news import ITEMS, pull, rss, serve

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path, ISSUE, "## News\n\nHello.\n")


def write(issues: Path, name: str, text: str, file: str = "issue.md") -> Path:
    (issues / name).mkdir(exist_ok=True)
    (issues / name / file).write_text(text, "utf-8")
    return issues / name / file


def clipped(title: str, file: Path, issue: str = ISSUE, *, again: bool = False, language: str = "") -> Clipping:
    return clip(
        Clipping.objects.get(title=title).pk,
        ClippingPlace(issue, file, language),
        used_links=find_used_links(file.parent.parent),
        again=again,
        person="sam",
        now=NOW,
        system_user="tester",
    )


def test_a_clipping_becomes_a_resource_that_names_its_source(httpserver: HTTPServer, file: Path) -> None:
    pull(serve(httpserver, ITEMS))
    clipping = clipped("A guide to trials", file)
    text = file.read_text("utf-8")
    assert text.startswith("## News\n\nHello.\n\n")
    assert '::: resource https://example.org/a "A guide to trials"\n' in text
    assert "From Invented news, 2026-11-18." in text
    assert "About a" not in text
    assert (clipping.state, clipping.clipped_to) == (ClippingState.USED, ISSUE)
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.subject, entry.person) == ("clip", ISSUE, "sam")


def test_a_clipped_link_does_not_tell_where_its_reader_comes_from(httpserver: HTTPServer, file: Path) -> None:
    """Most feeds mark their links; `newsletter check` refuses such a link in an issue."""
    pull(serve(httpserver, ITEMS))
    marked = "https://example.org/a?id=7&utm_source=rss&utm_medium=feed#part"
    Clipping.objects.filter(title="A guide to trials").update(link=marked)
    clipped("A guide to trials", file)
    assert '::: resource https://example.org/a?id=7#part "A guide to trials"\n' in file.read_text("utf-8")


def test_a_link_with_quotation_marks_is_one_that_an_issue_can_hold(httpserver: HTTPServer, file: Path) -> None:
    pull(serve(httpserver, {"?q=&quot;b c&quot;&amp;d={{e}}": "Odd"}))
    clipped("Odd", file)
    assert '::: resource https://example.org/?q=%22bc%22&d=%7B%7Be%7D%7D "Odd"\n' in file.read_text("utf-8")


def test_a_page_in_another_language_says_so(httpserver: HTTPServer, file: Path) -> None:
    pull(serve(httpserver, ITEMS))
    clipped("A guide to trials", file, language="Spanish")
    assert '::: resource https://example.org/a "A guide to trials" language="Spanish"\n' in file.read_text("utf-8")


def test_a_clipping_goes_into_one_issue_once_unless_somebody_wants_it_again(httpserver: HTTPServer, file: Path) -> None:
    pull(serve(httpserver, ITEMS))
    clipped("A guide to trials", file)
    with pytest.raises(
        NotAllowedError, match=r"stands in 2026-12 already\. .*: newsletter feeds clip [0-9]+ --to [0-9-]+ --again"
    ):
        clipped("A guide to trials", file, "2027-02")
    assert file.read_text("utf-8").count("::: resource") == 1
    assert clipped("A guide to trials", file, "2027-02", again=True).clipped_to == "2027-02"
    assert file.read_text("utf-8").count("::: resource") == 2


@pytest.mark.parametrize(
    "sentence",
    [
        "See [the guide](https://example.org/a).",
        "See <http://www.example.org/a/?utm_source=letter>!",
        '::: resource https://example.org/a "The guide"\nGood.\n:::',
        "[guide]: https://example.org/a#top",
        "([a](https://example.org/a), [b](https://example.org/x))",
    ],
)
def test_a_link_that_stands_in_an_issue_already_is_said_so(httpserver: HTTPServer, file: Path, sentence: str) -> None:
    write(file.parent.parent, "2026-10", sentence, "issue.es.md")
    write(file.parent.parent, "2026-10", "Nothing.")
    pull(serve(httpserver, ITEMS))
    with pytest.raises(NotAllowedError, match=r"^Issue 2026-10 has a link to https://example\.org/a already\."):
        clipped("A guide to trials", file)
    assert Clipping.objects.get(title="A guide to trials").state == ClippingState.NEW
    clipped("A new approval", file)
    clipped("A guide to trials", file, again=True)


def test_the_last_six_issues_are_looked_at(tmp_path: Path) -> None:
    names = ["2025-12", "2026-02", "2026-04", "2026-06", "2026-08", "2026-10", "2026-12"]
    for name in names:
        write(tmp_path, name, f"https://example.org/{name} and https://example.org/always")
    used = find_used_links(tmp_path)
    assert sorted(used.values()) == [*names[1:], "2026-12"]
    assert used["example.org/always"] == "2026-12"


def test_the_pages_of_issues_that_went_out_are_looked_at_whatever_became_of_their_files(tmp_path: Path) -> None:
    edition = make_edition("es")
    files = Files(editions=(make_edition("en"), edition))
    approve_fully(files.edited("es", web=f'{edition.web}<a href="https://www.example.org/a/?utm_source=x&amp;b=1">x</a>'))
    assert "example.org/a?b=1" not in find_used_links(tmp_path)
    slot = Slot.objects.create(at=NOW, issue=ISSUE, candidate=Candidate.objects.get())
    assert "example.org/a?b=1" not in find_used_links(tmp_path)
    Slot.objects.filter(pk=slot.pk).update(state=SlotState.RELEASED)
    assert find_used_links(tmp_path)["example.org/a?b=1"] == ISSUE


def test_a_clipping_without_a_link_is_no_resource(httpserver: HTTPServer, file: Path) -> None:
    httpserver.expect_request("/feed").respond_with_data(rss(ITEMS).replace("<link>https://example.org/a</link>", ""))
    pull(FeedAddress(name="Linkless", url=httpserver.url_for("/feed")))
    with pytest.raises(NotAllowedError, match="no link"):
        clipped("A guide to trials", file)


def test_a_clipping_that_does_not_exist_is_said_to(file: Path) -> None:
    with pytest.raises(UsageError, match="newsletter feeds list"):
        clip(1, ClippingPlace(ISSUE, file), used_links={}, person="sam", now=NOW, system_user="tester")


def test_a_file_that_cannot_be_written_leaves_the_inbox_as_it_was(httpserver: HTTPServer, tmp_path: Path) -> None:
    pull(serve(httpserver, ITEMS))
    with pytest.raises(UsageError):
        clipped("A guide to trials", tmp_path / "2026-12" / "nothing.md")
    clipping = Clipping.objects.get(title="A guide to trials")
    assert (clipping.clipped_to, clipping.state) == ("", ClippingState.NEW)
    assert not AuditEntry.objects.exists()
