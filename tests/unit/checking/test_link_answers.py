from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checking.link_answers import Hop, LinkAnswer, LinkKind, Trouble, is_settled, judge_link

GUIDE = "https://example.org/guide"
HOPS = st.lists(st.builds(Hop, st.sampled_from([301, 302, 303, 307, 308]), st.text()), max_size=3).map(tuple)


@given(
    answer=st.builds(
        LinkAnswer,
        address=st.one_of(st.just(GUIDE), st.text()),
        status=st.integers(min_value=0, max_value=1099),
        hops=HOPS,
        trouble=st.one_of(st.none(), st.sampled_from(Trouble)),
        detail=st.text(),
        title=st.text(),
        heading=st.text(),
        challenged=st.booleans(),
    )
)
def test_every_answer_has_a_verdict_that_names_its_address(answer: LinkAnswer) -> None:
    verdict = judge_link(answer)
    assert verdict.sentence.startswith(answer.address)
    assert is_settled(answer) == (verdict.kind in {LinkKind.FINE, LinkKind.MOVED})


@pytest.mark.parametrize("status", [*range(100, 200), *range(300, 404), *range(405, 410), *range(411, 600), 999])
def test_only_404_and_410_are_called_broken(status: int) -> None:
    assert judge_link(LinkAnswer(GUIDE, status)).kind is LinkKind.COULD_NOT_CHECK


@pytest.mark.parametrize(
    ("hops", "moved_to"),
    [
        ([], ""),
        ([(301, f"{GUIDE}/")], ""),
        ([(302, "https://example.org/new")], ""),
        ([(301, "https://example.org/new")], "https://example.org/new"),
        ([(308, "https://www.example.org/guide"), (301, "https://www.example.org/new")], "https://www.example.org/new"),
        ([(301, "https://example.org/new"), (302, "https://example.org/new?today")], "https://example.org/new"),
        ([(302, "https://example.org/today"), (301, "https://example.org/new")], ""),
    ],
)
def test_the_new_address_is_where_the_permanent_redirects_end(hops: list[tuple[int, str]], moved_to: str) -> None:
    assert LinkAnswer(GUIDE, 200, tuple(Hop(*hop) for hop in hops)).moved_to == moved_to


def test_a_link_that_moved_and_is_unsafe_or_missing_is_not_called_moved() -> None:
    back = LinkAnswer(GUIDE, 200, (Hop(301, "http://example.org/new"),))
    front = LinkAnswer(GUIDE, 200, (Hop(301, "https://example.org/"),))
    assert [judge_link(back).kind, judge_link(front).kind] == [LinkKind.UNSAFE, LinkKind.MISSING]
