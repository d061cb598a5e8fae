"""A rule's docstring, read: what stands on its page in ``docs/checks`` and in the help of a SARIF report.

Apart from the rules, since reading them takes time that a mere check does not need.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from dataclasses import dataclass

from newsletter.checking.rule import Rule

_PART = re.compile(r"^(Mend:|Wrong:$|Right:$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a rule demands in one sentence, why, how to mend it, and an example, in Markdown; there may be no example."""

    demand: str
    why: str
    mend: str
    wrong: str = ""
    right: str = ""


def explain(rule: Rule) -> Explanation:
    """Read a rule's docstring (newsletter.checking.rule says how it is written)."""
    said, *rest = _PART.split(inspect.cleandoc(rule.docstring))
    parts = dict(zip((name.rstrip(":").lower() for name in rest[::2]), rest[1::2], strict=True))
    demand, _, why = said.partition("\n\n")
    return Explanation(
        demand=" ".join(demand.split()),
        why=why.strip(),
        mend=parts.get("mend", "").strip(),
        wrong=inspect.cleandoc("\n" + parts.get("wrong", "")),
        right=inspect.cleandoc("\n" + parts.get("right", "")),
    )


def in_full(rule: Rule) -> str:
    """Give all that is said about a rule, in Markdown: what it demands, why, how to mend it, and the example."""
    told = explain(rule)
    parts = [told.demand, f"## Why\n\n{told.why}", f"## How to mend it\n\n{told.mend}"]
    parts += [f"{name}:\n\n{_indented(text)}" for name, text in (("Wrong", told.wrong), ("Right", told.right)) if text]
    return "\n\n".join(parts) + "\n"


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")
