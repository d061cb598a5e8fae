"""Clipping: how a piece of news gets into an issue. What goes there names the source; the words about it are the editor's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from newsletter.authoring.append import append_block, escape_markdown
from newsletter.checking.tracking import without_tracking
from newsletter.errors import NotAllowedError
from newsletter.publishing.audit import record_act
from newsletter.publishing.inbox import get_clippings
from newsletter.publishing.models import Clipping, ClippingState
from newsletter.sources.feeds.canonical_links import canonical_link


@dataclass(frozen=True, slots=True)
class ClippingPlace:
    """Where a clipping goes: an issue's name and its file. ``language`` is said of the page where it is not the issue's own."""

    issue: str
    file: Path
    language: str = ""


@transaction.atomic
def clip(
    number: int,
    place: ClippingPlace,
    *,
    used_links: Mapping[str, str],
    again: bool = False,
    person: str,
    now: datetime,
    system_user: str,
) -> Clipping:
    """Append a clipping to an issue's file as a ``resource`` block that names its source, and mark it as used there.

    What feeds put into a link to count who follows it is left out. Raises UsageError when there is no such clipping;
    NotAllowedError when it has no link, or when it or its link stands in one of the last issues already (``used_links``, by
    canonical link), unless ``again``.
    """
    [clipping] = get_clippings([number])
    if not clipping.link:
        raise NotAllowedError(f"Clipping {number} has no link, and a resource needs one.")
    if not again:
        _refuse_what_is_used(clipping, used_links, place.issue)
    clipping.state, clipping.clipped_to = ClippingState.USED, place.issue
    clipping.save(update_fields=["state", "clipped_to"])
    note = f"{clipping.title} {clipping.link}"
    record_act("clip", place.issue, person=person, note=note, now=now, system_user=system_user)
    # Last, so that a file that cannot be written leaves the inbox as it was.
    append_block(
        place.file,
        kind="resource",
        argument=without_tracking(clipping.link),
        title=clipping.title or clipping.link,
        body=escape_markdown(f"From {clipping.feed.name}, {clipping.published_at:%Y-%m-%d}."),
        options={"language": place.language} if place.language else {},
    )
    return clipping


def _refuse_what_is_used(clipping: Clipping, used_links: Mapping[str, str], wanted_in: str) -> None:
    more = f"If readers should see it again: newsletter feeds clip {clipping.pk} --to {wanted_in} --again"
    if clipping.state == ClippingState.USED:
        raise NotAllowedError(f"Clipping {clipping.pk} stands in {clipping.clipped_to} already. {more}")
    if issue := used_links.get(canonical_link(clipping.link), ""):
        raise NotAllowedError(f"Issue {issue} has a link to {clipping.link} already. {more}")
