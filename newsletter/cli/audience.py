"""`newsletter audience`: how many people would get an issue on its day, in which edition, and why others would not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from django.conf import settings

from newsletter.authoring.corrections import corrects_on_disk
from newsletter.authoring.folder import issue_name, look_at_issues
from newsletter.cli.arguments import DayOption, FormatOption, IssueArgument, day
from newsletter.cli.printing import OutputFormat, console, print_json, print_table
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.correcting import corrected_by, correction_audience
from newsletter.delivery.models import Send
from newsletter.errors import UsageError
from newsletter.publishing.candidates import latest_candidate
from newsletter.publishing.slots import find_slot
from newsletter.rendering.narrowing import topics_of
from newsletter.subscribers.audience import AudienceCount, count_audience
from newsletter.subscribers.installation import choices
from newsletter.subscribers.topic_counts import NO_PART, SMALLEST_SAID, count_topics


def audience(
    issue: IssueArgument,
    *,
    on: DayOption = "",
    topics: Annotated[
        bool, typer.Option("--topics", help="Also say roughly how many would see each part for a topic; opens all choices.")
    ] = False,
    output: FormatOption = OutputFormat.TEXT,
) -> None:
    """Say how many people would get an issue on its day, in which edition, and why others would not.

    The day is that of its slot; today, where it has none or that is past.
    """
    config: Config = settings.NEWSLETTER
    name = issue_name(issue)
    corrects = corrected_by(name) or corrects_on_disk(config.home, name)
    if corrects and topics:
        raise UsageError(
            f"{name} corrects {corrects}: it goes to everybody who got that one, whatever their topics. Leave out --topics."
        )
    send_day = day(on) if on else _day_of(name, config, now=system_clock())
    count = correction_audience(corrects, on=send_day) if corrects else count_audience(send_day)
    parts = _parts(name, config)
    seen = count_topics(send_day, offered={language: part for language, (_, part) in parts.items()}) if topics else {}
    sent = Send.objects.filter(issue=name).exists()
    if output is OutputFormat.JSON:
        print_json(
            {
                "on": send_day,
                "corrects": corrects,
                "sent": sent,
                "to_be_mailed": count.to_be_mailed,
                "by_language": count.by_language,
                "written_in": {language: written_in for language, (written_in, _) in parts.items()},
                "excluded": count.excluded,
                "suppressed": count.suppressed,
                "ended": count.ended,
                **({"topics": seen} if topics else {}),
            }
        )
        return
    whom = f" It corrects {corrects}, and goes to those who got that one." if corrects else ""
    title = f"{name}: {count.to_be_mailed} people would get it on {send_day}.{whom}"
    print_table(["", "", "people"], _rows(count, parts), title=title)
    if sent:
        console.print(f"It was sent already; to whom, says: newsletter report {name}", markup=False)
    if topics:
        _print_topics(seen)


def _day_of(name: str, config: Config, *, now: datetime) -> date:
    """Give the day that pauses are held against when this issue goes out, where the newsletter is made."""
    zone = ZoneInfo(config.cadence.timezone)
    slot = find_slot(name)
    return max(moment.astimezone(zone).date() for moment in (now, slot.at if slot else now))


def _parts(name: str, config: Config) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Give for each language of readers in which language its mail is written, and for which topics it has parts.

    They are those of the candidate, else of the files; empty where there are none that can be read.
    """
    candidate = latest_candidate(name)
    if candidate is not None:
        editions = candidate.editions.order_by("language").values_list("language", "written_in", "topics")
        return {language: (written_in, tuple(topics)) for language, written_in, topics in editions}
    try:
        issues = look_at_issues(config.home, name, config.newsletter.languages).issues
    except UsageError:
        return {}
    if not issues:
        return {}
    written = {issue.language: issue for issue in issues}
    mails = {language: written.get(language, issues[0]) for language in config.newsletter.languages}
    return {language: (issue.language, topics_of(issue)) for language, issue in mails.items()}


def _rows(count: AudienceCount, parts: dict[str, tuple[str, tuple[str, ...]]]) -> Iterator[tuple[str, str, str]]:
    for language, number in sorted(count.by_language.items()):
        written_in = parts.get(language, (language, ()))[0]
        edition = language if written_in == language else f"{language}, in the edition {written_in} with a line that says so"
        yield "would get it", edition, str(number)
    for reason, number in sorted(count.excluded.items()):
        why = ", ".join(f"{part} {because}" for because, part in sorted(count.suppressed.items()))
        yield "left out", f"{reason} ({why})" if reason == "suppressed" and why else reason, str(number)
    for reason, number in sorted(count.ended.items()):
        yield "have left", reason, str(number)


def _print_topics(seen: dict[str, int | None]) -> None:
    topics = sorted(topic for topic in seen if topic != NO_PART)
    if not topics:
        console.print("It has no part for a topic: everybody of a language gets the same mail.")
        return
    labels = {topic.key: topic.label for topic in choices().topics}
    first = settings.NEWSLETTER.newsletter.languages[0]
    rows = [(f"{labels[topic][first]} ({topic})" if topic in labels else topic, _said(seen[topic])) for topic in topics]
    rows.append(("none of these", _said(seen[NO_PART])))
    print_table(["would see the part for", "people"], rows)
    console.print("Rounded, since topics are health data. Somebody who chose two of them is in both lines.")


def _said(number: int | None) -> str:
    return f"fewer than {SMALLEST_SAID}" if number is None else f"about {number}"
