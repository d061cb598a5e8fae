"""The Atom feed of the archive (RFC 4287), one for each language of the newsletter.

``/feed.xml`` is that of the first language, ``/feed.es.xml`` that of another. An address says one thing to everybody: most feed
readers ask from a server, whose Accept-Language is nobody's, and caches keep one answer for an address.

An entry is title, link, dates and preheader; the letter itself is a page, with styles of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final
from urllib.parse import quote

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, rfc3339_date
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

from newsletter.publishing.archive_answers import AN_HOUR, public, unless_known
from newsletter.publishing.archive_corrections import first_corrected
from newsletter.publishing.archive_trials import closed_trials, notices_changed
from newsletter.publishing.models import FrozenEdition, Slot, SlotState, TrialStanding
from newsletter.publishing.trial_standings import standings_of
from newsletter.subscribers.installation import config, page_design
from newsletter.subscribers.web.page_design import Words

ENTRIES: Final = 20

_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold, however it is escaped (XML 1.0, section 2.2)."""

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without an entry was updated last."""

_TAG_SINCE: Final = "2026"
"""The year in which the newsletter's list id was its own (RFC 4151); it never changes, since ids may not."""


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that the list of issues leads to."""

    url: str
    language: str
    title: str


@require_safe
def feed(request: HttpRequest, language: str = "") -> HttpResponse:
    """Give the latest issues and corrections in one language."""
    first, *others = config().newsletter.languages
    if language == first:
        return HttpResponseRedirect(reverse("feed"))
    if language and language not in others:
        raise Http404
    words = page_design().words_for(language or first, "")
    atom = _filled_feed(words)
    written = BytesIO()
    atom.write(written, "utf-8")
    response = public(HttpResponse(written.getvalue(), content_type=atom.content_type), AN_HOUR)
    etag = hashlib.sha256(written.getvalue()).hexdigest()
    return unless_known(request, response, etag=etag, last_modified=atom.latest_post_date())


def feed_links(language: str) -> list[FeedLink]:
    """Give the feeds, that of this language edition."""
    letter = config().newsletter
    links = [FeedLink(_feed_path(known), known, letter.name) for known in letter.languages]
    return sorted(links, key=lambda link: link.language != language)


class _ArchiveFeed(Atom1Feed):
    """Django's Atom feed, whose links say their language and whose summaries are the plain text that they are."""

    def latest_post_date(self) -> datetime:
        """Give when the youngest entry was updated. Without one it is not the present, which no two answers have in common."""
        return max((item["updateddate"] for item in self.items), default=_BEGINNING)

    def item_attributes(self, item: Mapping[str, Any]) -> dict[str, str]:
        """Say in which language an entry is written."""
        return {"xml:lang": item["written_in"]}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: Mapping[str, Any]) -> None:
        """Write an entry, with one link: of several alternates some readers take the last, in whatever language."""
        handler.addQuickElement("id", item["unique_id"])
        handler.addQuickElement("title", item["title"])
        page = {"rel": "alternate", "type": "text/html", "hreflang": item["written_in"], "href": item["link"]}
        handler.addQuickElement("link", "", page)
        handler.addQuickElement("published", rfc3339_date(item["pubdate"]))
        handler.addQuickElement("updated", rfc3339_date(item["updateddate"]))
        handler.addQuickElement("summary", item["description"], {"type": "text"})


def _filled_feed(words: Words) -> _ArchiveFeed:
    letter, base = config().newsletter, config().web.base_url
    atom = _ArchiveFeed(
        title=_in_xml(letter.name),
        link=base + reverse("issues"),
        description="",
        language=words.language,
        author_name=_in_xml(letter.organisation),
        author_link=letter.home_page,
        feed_url=base + _feed_path(words.language),
        feed_guid=_tag("feed", words.language),
    )
    slots = _released_slots()
    known = standings_of({nct_id for slot in slots if slot.candidate for nct_id in slot.candidate.cards})
    corrected_at = _corrections(slots)
    for slot in slots[:ENTRIES]:
        _add_entry(atom, slot, words, known=known, corrections=corrected_at.get(slot.issue, ()))
    return atom


def _released_slots() -> list[Slot]:
    """Give every released slot, the newest first, without the bytes of its candidate."""
    light = FrozenEdition.objects.only("candidate", "language", "written_in", "title", "preheader").order_by("language")
    return list(
        Slot.objects.filter(state=SlotState.RELEASED, candidate__isnull=False)
        .select_related("candidate")
        .defer("candidate__lock")
        .prefetch_related(Prefetch("candidate__editions", queryset=light))
        .order_by("-at")
    )


def _corrections(slots: Collection[Slot]) -> dict[str, list[datetime]]:
    """Give, by issue, when what corrects it in the end came out."""
    corrects = {slot.issue: slot.candidate.corrects for slot in slots if slot.candidate}
    found: dict[str, list[datetime]] = {}
    for slot in slots:
        if (about := first_corrected(slot.issue, corrects)) != slot.issue:
            found.setdefault(about, []).append(slot.at)
    return found


def _add_entry(
    atom: _ArchiveFeed, slot: Slot, words: Words, *, known: Mapping[str, TrialStanding], corrections: Collection[datetime]
) -> None:
    candidate = slot.candidate
    assert candidate is not None
    edition = min(candidate.editions.all(), key=lambda edition: edition.language != words.language)
    said = [edition.preheader]
    if closed_trials(candidate, slot.at, known):
        said.append(words.say("archive_trials", "heading"))
    prefix = f"{words.say('archive', 'correction')} " if candidate.corrects else ""
    atom.add_item(
        title=_in_xml(prefix + edition.title),
        link=config().web.base_url + reverse("issue-edition", args=[slot.issue, edition.language]),
        description=_in_xml(" · ".join(said)),
        pubdate=slot.at,
        updateddate=max([slot.at, *corrections, *notices_changed(candidate, slot.at, known)]),
        unique_id=_tag("issues", slot.issue, edition.language),
        written_in=edition.written_in,
    )


def _feed_path(language: str) -> str:
    first = config().newsletter.languages[0]
    return reverse("feed") if language == first else reverse("feed-in", args=[language])


def _tag(*path: str) -> str:
    """Name something for ever, wherever its page may move (RFC 4151)."""
    return f"tag:{config().newsletter.list_id.lower()},{_TAG_SINCE}:{'/'.join(quote(part, safe='') for part in path)}"


def _in_xml(text: str) -> str:
    return _NOT_IN_XML.sub("", text)
