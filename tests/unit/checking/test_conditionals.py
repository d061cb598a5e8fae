from __future__ import annotations

import pytest

from newsletter.checking.conditionals import imbalances


@pytest.mark.parametrize(
    "html",
    [
        "<div><table><tr><td>x</td></tr></table></div>",
        "<!--[if mso | IE]><table><tr><td><![endif]--><div></div><!--[if mso | IE]></td></tr></table><![endif]-->",
        "<!--[if !mso]><!--><div><!--<![endif]--><!--[if !mso]><!--></div><!--<![endif]-->",
        "<!--[if !mso]>--><a></a><!--<![endif]-->",
        "<!-- <div> --><p>",
        "<article></article><abbr></abbr>",
    ],
)
def test_branches_in_balance_are_left_alone(html: str) -> None:
    assert imbalances(html) == []


def test_each_branch_is_in_balance_of_its_own() -> None:
    assert imbalances("<!--[if mso]><td><![endif]--><p>Some words</p></td>") == [
        ("other programs", "</td> stands where none is due, after “Some words”")
    ]
    assert imbalances("<div><!--[if !mso]><!--></div><!--<![endif]-->") == [("Outlook", "<div> is never closed")]


def test_crossed_elements_are_named_with_the_words_before_them() -> None:
    html = f"{'<p>far away</p>' * 60}<div><table>one two three four five six seven</div></table>"
    [outlook, others] = imbalances(html)
    assert outlook == ("Outlook", "</div> stands where </table> is due, after “two three four five six seven”")
    assert others[1] == outlook[1]
