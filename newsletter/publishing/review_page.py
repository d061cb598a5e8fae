"""From a request for a review to what its page prints: every value leaves here ready to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from newsletter.config import Config
from newsletter.publishing.answering import Closed
from newsletter.publishing.approving import changes_for_role, known_to
from newsletter.publishing.changes import Content
from newsletter.publishing.freezing import frozen_content
from newsletter.publishing.models import Candidate, Objection, ReviewRequest, TrialCheck
from newsletter.publishing.noted_sections import heading_with_language, noted_sections
from newsletter.publishing.objections import standing_objections
from newsletter.publishing.review_answer import NOTES_TIED, TypedAnswer
from newsletter.publishing.review_frames import filled_text, invented_reader
from newsletter.publishing.review_mails import language_names, local_day, words_of
from newsletter.publishing.section_texts import changed_sections, section_texts
from newsletter.rendering.edition import Edition
from newsletter.subscribers.installation import choices, config, page_design
from newsletter.subscribers.web.page_design import Words

NOTES_SHOWN = 3
"""Boxes for notes about a section that stand open; the rest is folded away."""


def show(request: HttpRequest, review: ReviewRequest, typed: TypedAnswer | None = None) -> HttpResponse:
    """Show everything that readers will see, and the two buttons; ``typed`` is shown again, with what is wrong about it."""
    settings = config()
    candidate, person = review.candidate, settings.people[review.person]
    words = words_of(person)
    content = frozen_content(candidate)
    values = {
        "here": request.path,
        "digest": candidate.digest,
        "heading": words.say("review", "heading", issue=candidate.issue),
        "for_you": words.say("review", "for_you", name=person.name, role=words.say("review", review.role)),
        "until": words.say("review", "until", day=local_day(review.expires_at, words, settings)),
        "corrects": words.say("review", "corrects", issue=candidate.corrects) if candidate.corrects else "",
        "approvals": _approvals(candidate, words, settings),
        "changes": _changes(review, content, words, settings),
        "editions": [_edition(edition, words, settings) for edition in content.editions],
        "findings": [{**finding, "severity": words.say("review", finding["severity"])} for finding in review.findings],
        "trials": _trials(candidate, content, words, settings),
        "form": _form(content.editions, typed, words),
        "problem": words.say("review", typed.problem.value) if typed and typed.problem else "",
    }
    status = HTTPStatus.BAD_REQUEST if typed else HTTPStatus.OK
    return _page(request, "review.html.j2", words, values, status=status)


def closed(request: HttpRequest, review: ReviewRequest, why: Closed) -> HttpResponse:
    """Say kindly why there is nothing to answer any more."""
    settings = config()
    person = settings.people.get(review.person)
    words = words_of(person) if person else page_design().words_for(None, request.headers.get("Accept-Language", ""))
    day = local_day(review.answered_at, words, settings) if review.answered_at else ""
    gone = {Closed.EXPIRED, Closed.SUPERSEDED, Closed.RELEASED, Closed.ROLE}
    status = HTTPStatus.GONE if why in gone else HTTPStatus.OK
    return _closed(request, words, why.value, status=status, issue=review.candidate.issue, day=day)


def unknown(request: HttpRequest) -> HttpResponse:
    """Show the page of a link that was never mailed."""
    return _closed(request, _browser_words(request), "unknown", status=HTTPStatus.NOT_FOUND)


def from_elsewhere(request: HttpRequest) -> HttpResponse:
    """Refuse an answer that did not come from our page."""
    return _closed(request, _browser_words(request), "elsewhere", status=HTTPStatus.FORBIDDEN)


def _closed(request: HttpRequest, words: Words, name: str, *, status: HTTPStatus, **said: str) -> HttpResponse:
    values = {
        "heading": words.say("review", f"closed_{name}_title", **said),
        "said": words.say("review", f"closed_{name}", **said),
    }
    return _page(request, "review_closed.html.j2", words, values, status=status)


def _page(request: HttpRequest, template: str, words: Words, values: Mapping[str, Any], *, status: HTTPStatus) -> HttpResponse:
    common = {
        "language": words.language,
        "words": words.sections,
        "theme": page_design().theme,
        "letter": config().newsletter,
        "nonce": str(getattr(request, "csp_nonce", "")),  # set by django-csp
    }
    return render(request, template, {**common, **values}, status=status, content_type="text/html; charset=utf-8")


def _browser_words(request: HttpRequest) -> Words:
    return page_design().words_for(None, request.headers.get("Accept-Language", ""))


def _approvals(candidate: Candidate, words: Words, settings: Config) -> list[str]:
    said = [("approved_by", one.person, one.role, one.at) for one in candidate.approvals.order_by("at")]
    said += [("objected_by", one.person, one.role, one.at) for one in standing_objections(candidate)]
    return [
        words.say(
            "review",
            sentence,
            who=_name(person, settings),
            role=words.say("review", role),
            day=local_day(at, words, settings),
        )
        for sentence, person, role, at in said
    ]


def _changes(review: ReviewRequest, content: Content, words: Words, settings: Config) -> dict[str, Any]:
    known = known_to(review.candidate, review.role)
    if known is None:
        return {"said": words.say("review", "changes_first"), "in_words": [], "editions": [], "notes": []}
    in_words = changes_for_role(review.candidate, content, review.role)
    before = {edition.language: edition for edition in frozen_content(known).editions}
    editions = [
        {"language": language_names().get(edition.language, edition.language), "sections": sections}
        for edition in content.editions
        if edition.language in before and (sections := _changed(before[edition.language], edition, words))
    ]
    name = "changes_since" if in_words else "changes_none"
    day = local_day(known.created_at, words, settings)
    return {
        "said": words.say("review", name, day=day),
        "in_words": [_first_line(change) for change in in_words],
        "editions": editions,
        "notes": _earlier_notes(known, words, settings),
    }


def _first_line(change: str) -> str:
    """Leave out the lines that show a change of the text: it is better read section by section."""
    said, _, shown = change.partition("\n")
    return said.removesuffix(":") + "." if shown else said


def _changed(old: Edition, new: Edition, words: Words) -> list[dict[str, Any]]:
    return [
        {
            "heading": section.heading or words.say("review", "opening"),
            "said": "" if section.change == "text" else words.say("review", f"{section.change}_section"),
            "lines": [{"kind": line.change.value, "pieces": line.pieces} for line in section.lines],
        }
        for section in changed_sections(section_texts(old.web), section_texts(new.web))
    ]


def _earlier_notes(known: Candidate, words: Words, settings: Config) -> list[dict[str, str]]:
    objections = Objection.objects.filter(candidate=known).prefetch_related("notes").order_by("pk")
    return [
        {"who": _name(objection.person, settings), "heading": note.heading or words.say("review", "whole"), "text": note.text}
        for objection in objections
        for note in objection.notes.order_by("pk")
    ]


def _edition(edition: Edition, words: Words, settings: Config) -> dict[str, Any]:
    names, reader = language_names(), invented_reader(settings.web.base_url)
    name = names.get(edition.language, edition.language)
    other = edition.written_in != edition.language
    return {
        "language": edition.language,
        "written_in": edition.written_in,
        "heading": words.say("review", "edition", language=name),
        "note": words.say("review", "written_in", language=names.get(edition.written_in, edition.written_in)) if other else "",
        "subject": edition.subject,
        "preheader": edition.preheader,
        "text": filled_text(edition.text, reader),
        "variants": [
            {
                "number": number,
                "heading": _variant(edition, variant.topics, words) if number else "",
                "text": filled_text(variant.text, reader),
            }
            for number, variant in enumerate(edition.variants)
        ],
    }


def _variant(edition: Edition, topics: Sequence[str], words: Words) -> str:
    labels = {topic.key: topic.label[words.language] for topic in choices().topics}
    name = "variant" if topics else "variant_none"
    return words.say("review", name, topics=", ".join(labels.get(topic, topic) for topic in topics or edition.topics))


def _trials(candidate: Candidate, content: Content, words: Words, settings: Config) -> list[dict[str, str]]:
    asked = dict(TrialCheck.objects.filter(issue=candidate.issue).values_list("nct_id", "asked_at"))
    return [
        {
            "nct_id": nct_id,
            "title": trial.brief_title,
            "status": trial.status,
            "checked": _day_or(asked.get(nct_id), words, settings),
        }
        for nct_id, trial in sorted(content.lock.trials.items())
        if nct_id in content.cards
    ]


def _day_or(asked_at: datetime | None, words: Words, settings: Config) -> str:
    return local_day(asked_at, words, settings) if asked_at else words.say("review", "not_checked")


def _form(editions: Sequence[Edition], typed: TypedAnswer | None, words: Words) -> dict[str, Any]:
    names = language_names()
    sections = [{"key": section.key, "heading": heading_with_language(section, names)} for section in noted_sections(editions)]
    tied = [
        {
            "number": number,
            "heading": words.say("review", "note_number", number=str(number + 1)),
            "section": typed.tied[number].section if typed else "",
            "text": typed.tied[number].text if typed else "",
        }
        for number in range(NOTES_TIED)
    ]
    return {
        "sections": sections,
        "whole": typed.whole if typed else "",
        "open": tied[:NOTES_SHOWN],
        "folded": tied[NOTES_SHOWN:],
        "unfold": any(note["text"] for note in tied[NOTES_SHOWN:]),
    }


def _name(key: str, settings: Config) -> str:
    return settings.people[key].name if key in settings.people else key
