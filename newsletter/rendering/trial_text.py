"""What an editor wrote in a trial's block, in the three parts that a card sets in different places.

The first list says who may join, a point an item. What stands before it says what is being studied, and why it is listed; what
stands after it says what taking part involves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class TrialText:
    """The Markdown tokens of a trial's block; ``points`` is one whole list, or empty."""

    about: Sequence[Token]
    points: Sequence[Token] = ()
    involves: Sequence[Token] = ()

    @property
    def point_count(self) -> int:
        """How many points the list has; those inside of a point do not count."""
        return sum(token.type == "list_item_open" and token.level == 1 for token in self.points)


def read_trial_text(body: Sequence[Token]) -> TrialText:
    """Part a block's body at its first list; a body without one is all about the study."""
    for start, token in enumerate(body):
        if token.type == "bullet_list_open" and token.level == 0:
            is_end = (other.type == "bullet_list_close" and other.level == token.level for other in body[start:])
            after = start + 1 + next(number for number, ends in enumerate(is_end) if ends)
            return TrialText(body[:start], body[start:after], body[after:])
    return TrialText(body)
