"""What links answered today, in a file that anybody may delete: nothing but time is lost with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from newsletter.authoring.replacing import replace_file
from newsletter.checking.link_answers import Hop, LinkAnswer, Trouble, is_settled

LINK_MEMORY: Final = "var/cache/links.json"
"""Below the site folder."""
FORM = 1
"""Of the file; another one is not read."""
DOUBT_LASTS = timedelta(hours=1)
"""A link that was broken, or could not be checked, is asked again after so long; one that was fine, on the next day (UTC)."""


def recall(file: Path, *, now: datetime, since: datetime | None = None) -> dict[str, LinkAnswer]:
    """Give the answers that still hold, of those given ``since``; none where the file is not there or not readable."""
    rows = _read(file).items()
    return {address: answer for address, (at, answer) in rows if _still_holds(answer, at, now) and (since is None or at >= since)}


def remember(file: Path, answers: Mapping[str, LinkAnswer], *, now: datetime) -> None:
    """Add answers given just now, and forget those that no longer hold. Where the disk takes nothing, nothing is kept."""
    if not answers:
        return
    kept = {address: (at, answer) for address, (at, answer) in _read(file).items() if _still_holds(answer, at, now)}
    kept |= {address: (now, answer) for address, answer in answers.items()}
    rows = {address: {"asked_at": at.astimezone(UTC).isoformat(), **asdict(answer)} for address, (at, answer) in kept.items()}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, orjson.dumps({"form": FORM, "answers": rows}))
    except OSError:
        return


def _still_holds(answer: LinkAnswer, at: datetime, now: datetime) -> bool:
    if at > now:
        return False
    if is_settled(answer):
        return at.astimezone(UTC).date() == now.astimezone(UTC).date()
    return now - at < DOUBT_LASTS


def _read(file: Path) -> dict[str, tuple[datetime, LinkAnswer]]:
    try:
        content = orjson.loads(file.read_bytes())
        if content["form"] != FORM:
            return {}
        return {address: _entry(row) for address, row in content["answers"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _entry(row: dict[str, Any]) -> tuple[datetime, LinkAnswer]:
    """Read one entry. Raises what ``_read`` catches for what ``remember`` did not write."""
    fields = dict(row)
    at = datetime.fromisoformat(fields.pop("asked_at"))
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    hops = tuple(Hop(int(hop["status"]), str(hop["target"])) for hop in fields.pop("hops"))
    trouble = Trouble(fields.pop("trouble")) if fields["trouble"] is not None else fields.pop("trouble")
    if any(not isinstance(fields.get(name), kind) for name, kind in _KINDS.items()):
        raise TypeError("a field of another kind")
    return at, LinkAnswer(**fields, hops=hops, trouble=trouble)


_KINDS: Final = {"status": int, "challenged": bool, **dict.fromkeys(("address", "detail", "title", "heading"), str)}
