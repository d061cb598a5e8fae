"""The moments of a block, once all its fields are read: each in the block's time zone, none before the one it follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.authoring.block_kind import BlockKind, FieldRule, FieldType
from newsletter.authoring.complaints import Mistake
from newsletter.authoring.moments import RULE, WrittenMoment, settle

Complain = Callable[[FieldRule, Mistake], None]


def settle_moments(kind: BlockKind, values: Mapping[str, object], complain: Complain) -> dict[str, object]:
    """Give the fields with every WrittenMoment as a datetime in its zone, None where that cannot be."""
    settled = dict(values)
    zone = next((value for value in values.values() if isinstance(value, ZoneInfo)), None)
    for rule in sorted(kind.fields, key=lambda rule: bool(rule.after)):
        moment = values[rule.name]
        if rule.type is FieldType.DATETIME and isinstance(moment, WrittenMoment):
            settled[rule.name] = _settle(rule, moment, zone, settled.get(rule.after), complain)
    return settled


def _settle(rule: FieldRule, moment: WrittenMoment, zone: ZoneInfo | None, before: object, complain: Complain) -> datetime | None:
    earlier = before if isinstance(before, datetime) else None
    if zone is None or (moment.day is None and earlier is None):
        return None
    found = settle(rule.name, moment, zone, day=earlier.date() if earlier else None)
    # Two datetimes of one zone are compared by what their clocks show, which is wrong on the night that has an hour twice.
    if isinstance(found, datetime) and earlier and found.timestamp() <= earlier.timestamp():
        message = f"“{rule.name}” ({moment}) is not after “{rule.after}” ({earlier:%Y-%m-%dT%H:%M})"
        afternoon = moment.time.hour + 12
        if moment.day is None and afternoon < 24 and (afternoon, moment.time.minute) > (earlier.hour, earlier.minute):
            fix = f"Did you mean {rule.name}={afternoon}:{moment.time:%M}? Hours run from 00 to 23."
        else:
            fix = f"Write the later time, with its day where it is another one: {rule.name}={earlier:%Y-%m-%d}T23:00."
        found = Mistake(RULE, message, fix)
    if isinstance(found, Mistake):
        complain(rule, found)
        return None
    return found
