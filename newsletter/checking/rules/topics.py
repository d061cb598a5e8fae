"""What an issue says it is about, beside what readers may choose."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.authoring.complaints import did_you_mean, quoted
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Severity


@rule("topic-not-offered", Severity.WARNING, Group.STRUCTURE)
def topics_are_those_readers_may_choose(draft: Draft) -> Iterator[Remark]:
    """Name in `topics:` only what readers may choose, by its key in `subscribers/topics.toml`.

    A topic of another name is one that nobody has: it leads no reader to the issue.

    Mend: Write the key as it stands there, or add the topic to that file.

    Wrong:
        topics: [tripple-negative]

    Right:
        topics: [tnbc]
    """
    for topic in draft.issue.topics:
        if draft.offered_topics is not None and topic not in draft.offered_topics:
            fix = did_you_mean(topic, sorted(draft.offered_topics)) if draft.offered_topics else "Delete it, or offer it there."
            message = f"subscribers/topics.toml offers no topic {quoted(topic)}"
            yield Remark(message, draft.field_place("topics"), fix)
