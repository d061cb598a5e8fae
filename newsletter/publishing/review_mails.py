"""The mails about a review: the link to a reviewer, and the answer to the editors. No diagnosis stands in a subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.config import Config
from newsletter.postbox.drawing import draw_service_mail
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import post
from newsletter.publishing.approving import Approved
from newsletter.publishing.models import ReviewRequest
from newsletter.publishing.objecting import Note, Objected
from newsletter.publishing.slots import find_slot
from newsletter.settings import Person
from newsletter.subscribers.installation import page_design
from newsletter.subscribers.web.page_design import Words

ANSWERS_LAST = timedelta(days=7)
"""After this the editors have heard of it otherwise."""

SERVICE_KINDS = ("review-request", "review-approval", "review-changes")


def post_review_request(request: ReviewRequest, token: str, *, again: bool, config: Config, now: datetime) -> ServiceMail:
    """Post the link to the person who is asked. Call it in the transaction that makes the request."""
    person = config.people[request.person]
    words = words_of(person)
    asked_by = config.people[request.asked_by].name if request.asked_by in config.people else ""
    values = {
        "name": person.name,
        "issue": request.candidate.issue,
        "role": words.say("review", request.role),
        "asked_by": asked_by,
        "again": again,
        "url": f"{config.web.base_url}/review/{token}",
        "until": local_day(request.expires_at, words, config),
    }
    content = draw_service_mail("review-request", config=config, address=person.address, language=person.language, values=values)
    return post("review-request", content, now=now, expires_at=request.expires_at)


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answered, in which role."""

    key: str
    person: Person
    role: str


def post_approval(approved: Approved, by: Answerer, *, config: Config, now: datetime) -> None:
    """Tell every other editor that somebody approved. Call it in the transaction of the approval."""
    issue = approved.candidate.issue
    slot = find_slot(issue)
    for editor in _editors(config, but=by.key):
        words = words_of(editor)
        missing = [words.say("review", role) for role in ("editor", "medical") if role not in approved.roles]
        lines = [words.say("review", "standing_objection", who=_name(key, config)) for key in approved.objecting]
        if missing:
            lines.append(words.say("review", "standing_missing", roles=", ".join(missing)))
        command = ""
        if approved.complete:
            lines.append(words.say("review", "standing_both"))
            if slot:
                lines.append(words.say("review", "standing_slot", day=local_day(slot.at, words, config)))
            else:
                command = f"newsletter schedule {issue}"
        elif "editor" not in approved.roles:
            command = f"newsletter approve {issue} --role editor --as {_key_of(editor, config)}"
        elif "medical" not in approved.roles:
            command = f"newsletter request-review {issue}"
        values = {"standing": " ".join(lines), "next": command}
        _post_answer("review-approval", editor, by, issue, values, config=config, now=now)


def post_objection(objected: Objected, by: Answerer, notes: Sequence[Note], *, config: Config, now: datetime) -> None:
    """Tell every other editor what is to be changed. Call it in the transaction of the objection."""
    issue = objected.candidate.issue
    command = f"newsletter request-review {issue}"
    if by.role == "editor":
        command = f"newsletter request-review {issue} --to {by.key}"
    values = {"notes": [note for note in notes if note.text.strip()], "next": command}
    for editor in _editors(config, but=by.key):
        _post_answer("review-changes", editor, by, issue, values, config=config, now=now)


def words_of(person: Person) -> Words:
    """Give the words of pages in a person's language."""
    return page_design().words_for(person.language, "")


def language_names() -> dict[str, str]:
    """Give the languages' own names."""
    return {language: str(words.sections["date"]["language"]) for language, words in page_design().words.items()}


def local_day(moment: datetime, words: Words, config: Config) -> str:
    """Say on which day of the newsletter's own time zone a moment lies."""
    return words.day(moment.astimezone(ZoneInfo(config.cadence.timezone)).date())


def _post_answer(
    kind: str, editor: Person, by: Answerer, issue: str, values: Mapping[str, object], *, config: Config, now: datetime
) -> None:
    words = words_of(editor)
    common = {
        "name": editor.name,
        "who": by.person.name,
        "role": words.say("review", by.role),
        "issue": issue,
        "when": local_day(now, words, config),
    }
    content = draw_service_mail(
        kind, config=config, address=editor.address, language=editor.language, values={**common, **values}
    )
    post(kind, content, now=now, expires_at=now + ANSWERS_LAST)


def _editors(config: Config, *, but: str) -> Iterator[Person]:
    return (person for key, person in config.people.items() if "editor" in person.roles and key != but)


def _key_of(person: Person, config: Config) -> str:
    return next(key for key, known in config.people.items() if known == person)


def _name(key: str, config: Config) -> str:
    return config.people[key].name if key in config.people else key
