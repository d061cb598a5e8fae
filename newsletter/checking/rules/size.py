"""How large the HTML part is when it travels: Gmail cuts a message at about 102 kB, and the way out goes with the rest."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Severity

WARN_FROM = 0.8
"""The share of the limit from which a warning is due."""

_SHORTEST_LINE = 72
_WRITTEN_AS_THEY_ARE = bytes(code for code in range(ord(" "), ord("~") + 1) if code != ord("=")) + b"\n"


@rule("html-too-large", Severity.ERROR, Group.MAIL_CLIENTS)
def the_html_is_not_cut(draft: Draft) -> Iterator[Remark]:
    """Keep the HTML part, as it travels in quoted-printable, within max_html_bytes.

    Gmail cuts longer ones, and with the end goes the unsubscribe link (github.com/hteumeuleu/email-bugs 41).

    Mend: Shorten the issue, or leave a section to a web page and link to it.
    """
    size = _weigh(draft)
    if size > draft.max_html_bytes:
        yield Remark(
            f"the HTML part is {size:,} bytes long; Gmail cuts at {draft.max_html_bytes:,}",
            draft.file,
            "Shorten the issue, or move a section to the web page and link to it.",
        )


@rule("html-large", Severity.WARNING, Group.MAIL_CLIENTS)
def the_html_leaves_room(draft: Draft) -> Iterator[Remark]:
    """Keep the HTML part under 80 % of max_html_bytes.

    Forwarding and relays add to it, and the next issue begins as a copy of this one.

    Mend: Think of what readers would not miss. `newsletter build` prints how large each part is.
    """
    size = _weigh(draft)
    if draft.max_html_bytes * WARN_FROM <= size <= draft.max_html_bytes:
        share = 100 * size // draft.max_html_bytes
        yield Remark(
            f"the HTML part is {size:,} bytes long, {share} % of what Gmail shows", draft.file, "Think of what could be shorter."
        )


def _weigh(draft: Draft) -> int:
    """Give the exact size where it may matter, else one that is surely too large: most are far below, and encoding takes long."""
    html = draft.edition.html.encode()
    longer = 2 * len(html.translate(None, _WRITTEN_AS_THEY_ARE))
    # A line end becomes two bytes, and a blank or a full stop before it three.
    size = len(html) + longer + 3 * (html.count(b"\n") + 1)
    most = size + 3 * (size // _SHORTEST_LINE)
    return most if most < draft.max_html_bytes * WARN_FROM else draft.html_bytes
