"""One group of letters, delivered: one call when all is well, more when SendGrid finds fault with somebody in it.

A call that is refused (400) mails nobody. The halves of a refused group are posted until the one is found who is refused alone;
everybody who was not posted meanwhile goes out in one call after that. Where SendGrid names who it is, they are tried first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from newsletter.delivery.letters import Letter
from newsletter.delivery.transports.port import Answer, AnswerKind

MOST_CALLS: Final = 64
"""Calls spent on one group; then the rest of it waits a moment. Each call finds somebody or sends to somebody, so it ends."""

Addressed = tuple[Letter, str]
"""A letter and its personalization."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call was refused for what somebody's part says. ``named``: positions in the group that SendGrid points at."""

    reason: str
    named: Sequence[int] = ()


Post = Callable[[Sequence[Addressed]], Answer | Refusal]
"""Makes one call. An answer is everybody's in it."""


class GroupDelivery:
    """Delivers groups by ``post`` and collects in ``answers`` who got which, each letter once."""

    def __init__(self, post: Post) -> None:
        self._post_once = post
        self._calls_left = MOST_CALLS
        self.answers: list[tuple[list[Letter], Answer]] = []

    def deliver(self, group: Sequence[Addressed]) -> None:
        """Answer for every letter; an address that stands there twice goes out in two calls."""
        while group:
            if len({letter.personal.address.lower() for letter, _ in group}) == len(group):
                self._deliver_unlike(group)
                return
            # One address twice in a call, and SendGrid refuses the whole of it.
            seen: dict[str, Addressed] = {}
            again = [one for one in group if seen.setdefault(one[0].address.lower(), one) is not one]
            self._deliver_unlike(list(seen.values()))
            group = again

    def _deliver_unlike(self, group: Sequence[Addressed]) -> None:
        while group:
            found = self._post(group)
            if isinstance(found, Answer):
                self._give(group, found)
                return
            group = self._find_refused(group, found)

    def _find_refused(self, suspects: Sequence[Addressed], refusal: Refusal) -> Sequence[Addressed]:
        """Answer for one who is refused, in a group that was; give those who were not posted without them."""
        aside: list[Addressed] = []
        refused_alone = len(suspects) == 1
        while len(suspects) > 1:
            tried, others = _divide(suspects, refusal)
            found = self._post(tried)
            if isinstance(found, Refusal):
                suspects, refusal, refused_alone = tried, found, len(tried) == 1
                aside += others
                continue
            self._give(tried, found)
            if found.kind is not AnswerKind.ACCEPTED:
                return [*aside, *others]
            suspects, refusal = others, Refusal(refusal.reason)
        found = Answer(AnswerKind.FINAL, refusal.reason) if refused_alone else self._post(suspects)
        self._give(suspects, found if isinstance(found, Answer) else Answer(AnswerKind.FINAL, found.reason))
        return aside

    def _post(self, group: Sequence[Addressed]) -> Answer | Refusal:
        if self._calls_left == 0:
            return Answer(AnswerKind.THROTTLED, "SendGrid refused others in the same call", retry_after=1.0)
        self._calls_left -= 1
        return self._post_once(group)

    def _give(self, group: Sequence[Addressed], answer: Answer) -> None:
        self.answers.append(([letter for letter, _ in group], answer))


def _divide(suspects: Sequence[Addressed], refusal: Refusal) -> tuple[Sequence[Addressed], Sequence[Addressed]]:
    """Give whom to try first, and the others."""
    named = next((position for position in refusal.named if position < len(suspects)), None)
    if named is not None:
        return suspects[named : named + 1], [*suspects[:named], *suspects[named + 1 :]]
    middle = len(suspects) // 2
    return suspects[:middle], suspects[middle:]
