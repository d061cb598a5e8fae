"""The public archive: the web pages of issues that were released, byte for byte, their pictures and calendar files.

Nothing here knows a reader: no cookie, no token, nothing personal; so caches and search engines may keep it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_safe
from selectolax.lexbor import LexborHTMLParser

from newsletter.publishing.archive_answers import A_YEAR, AN_HOUR, FIVE_MINUTES, public, unless_known
from newsletter.publishing.archive_corrections import correction_notes, first_corrected, with_notes
from newsletter.publishing.archive_feed import feed_links
from newsletter.publishing.archive_trials import trial_notices
from newsletter.publishing.cadence import time_zone
from newsletter.publishing.calendar_downloads import calendar_file_name
from newsletter.publishing.models import FrozenAsset, FrozenEdition, Slot, SlotState
from newsletter.rendering.calendar_files import MEDIA_TYPE as CALENDAR_TYPE
from newsletter.subscribers.installation import config, page_design
from newsletter.subscribers.web.page_design import Words


@dataclass(frozen=True, slots=True)
class ArchivedEdition:
    """One line of the list: an issue for readers of one language; ``written_in`` is the language of its text."""

    language: str
    language_name: str
    written_in: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class ArchivedIssue:
    """An issue in the list: its edition for the reader's language, those that were written in another, its corrections."""

    released_on: date
    released_in_words: str
    first: ArchivedEdition
    others: tuple[ArchivedEdition, ...]
    corrections: tuple[ArchivedIssue, ...] = ()


@require_safe
def start(_request: HttpRequest) -> HttpResponse:
    """Lead from the bare address to the list of issues."""
    return HttpResponseRedirect(reverse("issues"))


@require_safe
def issues(request: HttpRequest) -> HttpResponse:
    """Show the list of released issues, the newest first."""
    design = page_design()
    words = design.words_for(None, request.headers.get("Accept-Language", ""))
    context = {
        "language": words.language,
        "words": words.sections,
        "theme": design.theme,
        "letter": config().newsletter,
        "nonce": str(getattr(request, "csp_nonce", "")),  # set by django-csp
        "issues": _archived_issues(words),
        "feeds": feed_links(words.language),
    }
    response = render(request, "archive.html.j2", context, content_type="text/html; charset=utf-8")
    patch_vary_headers(response, ["Accept-Language"])
    return public(response, FIVE_MINUTES)


@require_safe
def issue(request: HttpRequest, name: str) -> HttpResponse:
    """Lead to an issue in the reader's language."""
    languages = set(_released_editions(name).values_list("language", flat=True))
    if not languages:
        raise Http404
    offered = [language for language in config().newsletter.languages if language in languages]
    chosen = preferred_language(request, [*offered, *sorted(languages - set(offered))])
    response = HttpResponseRedirect(reverse("issue-edition", args=[name, chosen]))
    patch_vary_headers(response, ["Accept-Language"])
    return public(response, FIVE_MINUTES)


@require_safe
def issue_edition(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """Show the web page of a released edition: exactly the stored bytes, below notes on corrections and closed trials."""
    found = _released_editions(name).filter(language=language).only("web", "digest")
    edition = None if NUL in language else found.first()
    if edition is None:
        raise Http404
    notes = correction_notes(name, language) + trial_notices(name, language, edition.web)
    response = HttpResponse(with_notes(edition.web, notes).encode(), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _page_policy(edition.web)
    response.headers["Content-Language"] = language
    return unless_known(request, public(response, AN_HOUR), etag=hashlib.sha256((edition.digest + notes).encode()).hexdigest())


@require_safe
def asset(request: HttpRequest, name: str) -> HttpResponse:
    """Give a picture or a calendar file of a frozen edition; its address never changes its meaning."""
    found = None if NUL in name else FrozenAsset.objects.filter(name=name).first()
    if found is None:
        raise Http404
    data = bytes(found.data)
    response = HttpResponse(data, content_type=found.media_type)
    # Mail programs in a browser show it on a page of their own.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if found.media_type == CALENDAR_TYPE:
        file_name = calendar_file_name(data, time_zone(config().cadence))
        response.headers["Content-Type"] = f"{CALENDAR_TYPE}; charset=utf-8"
        response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return unless_known(request, public(response, A_YEAR), etag=hashlib.sha256(data).hexdigest())


def preferred_language(request: HttpRequest, offered: Sequence[str]) -> str:
    """Choose among the offered languages what the reader's browser asks for, else the first."""
    for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        for language in offered:
            if language.lower() in (tag, tag.split("-")[0]):
                return language
    return offered[0]


NUL: Final = "\0"
"""PostgreSQL takes no text with it, and no name of ours has it."""


def _released_editions(name: str) -> QuerySet[FrozenEdition]:
    if NUL in name:
        return FrozenEdition.objects.none()
    return FrozenEdition.objects.filter(
        candidate__slots__issue=name, candidate__slots__state=SlotState.RELEASED, candidate__issue=name
    )


def _archived_issues(words: Words) -> list[ArchivedIssue]:
    """Read the list in three queries, without the pages themselves."""
    headings = FrozenEdition.objects.only("candidate", "language", "written_in", "title").order_by("language")
    slots = list(
        Slot.objects.filter(state=SlotState.RELEASED, candidate__isnull=False)
        .select_related("candidate")
        .prefetch_related(Prefetch("candidate__editions", queryset=headings))
        .order_by("-at")
    )
    corrects = {slot.issue: slot.candidate.corrects for slot in slots if slot.candidate}
    below: dict[str, list[ArchivedIssue]] = {}
    for slot in reversed(slots):
        if (about := first_corrected(slot.issue, corrects)) != slot.issue:
            below.setdefault(about, []).append(_archived(slot, words))
    return [_archived(slot, words, below.get(slot.issue, ())) for slot in slots if not corrects[slot.issue]]


def _archived(slot: Slot, words: Words, corrections: Iterable[ArchivedIssue] = ()) -> ArchivedIssue:
    assert slot.candidate is not None
    editions = sorted(slot.candidate.editions.all(), key=lambda edition: edition.language != words.language)
    names = {language: known.sections["date"]["language"] for language, known in page_design().words.items()}
    lines = [
        ArchivedEdition(
            language=edition.language,
            language_name=names.get(edition.language, edition.language),
            written_in=edition.written_in,
            title=edition.title,
            url=reverse("issue-edition", args=[slot.issue, edition.language]),
        )
        for edition in editions
    ]
    released_on = slot.at.astimezone(time_zone(config().cadence)).date()
    others = tuple(line for line in lines[1:] if line.written_in == line.language)
    return ArchivedIssue(released_on, words.day(released_on), lines[0], others, tuple(corrections))


@lru_cache(maxsize=64)
def _page_policy(web: str) -> str:
    """Let a page use its own <style> and our pictures, and nothing else.

    Styles are allowed by their hash; CSP has no hash for ``style`` attributes, so a page that has some needs unsafe-inline.
    """
    tree = LexborHTMLParser(web)
    if tree.css_first("[style]"):
        styles = "'unsafe-inline'"
    else:
        styles = " ".join(_hash_source(node.text()) for node in tree.css("style")) or "'none'"
    return (
        f"default-src 'none'; img-src 'self' {config().web.base_url}; style-src {styles}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def _hash_source(style: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
