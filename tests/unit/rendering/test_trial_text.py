"""The three parts of what an editor writes about a trial."""

import pytest

from newsletter.authoring.issue import Block
from newsletter.rendering.trial_text import TrialText, read_trial_text
from tests.unit.rendering.drafting import write_issue


def _read(body: str) -> TrialText:
    block: Block = write_issue(f"## T\n\n::: trial NCT01234567\n{body}\n:::\n").blocks[0]
    text = read_trial_text(block.body)
    assert [*text.about, *text.points, *text.involves] == list(block.body)
    return text


@pytest.mark.parametrize(
    ("body", "points", "about", "involves"),
    [
        ("About.", 0, True, False),
        ("* One\n* Two", 2, False, False),
        ("About.\n\n* One\n* Two\n* Three\n\nVisits.\n\n* Not a point", 3, True, True),
        ("About.\n\n* One\n    * inside\n    * inside\n* Two\n\n1. Visit", 2, True, True),
        ("1. A visit\n2. Another", 0, True, False),
        ("> * quoted\n> * quoted", 0, True, False),
    ],
)
def test_the_first_list_says_who_may_join(body: str, points: int, *, about: bool, involves: bool) -> None:
    text = _read(body)
    assert (text.point_count, bool(text.about), bool(text.involves)) == (points, about, involves)
