"""How large the HTML part is when it travels: Gmail cuts a message at about 102 kB, and the way out goes with the rest."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Severity

WARN_FROM = 0.8
"""The share of the limit from which a warning is due."""


@rule("html-too-large", Severity.ERROR, Group.MAIL_CLIENTS)
def the_html_is_not_cut(draft: Draft) -> Iterator[Remark]:
    """Keep the HTML part, as it travels in quoted-printable, within max_html_bytes.

    Gmail cuts longer ones, and with the end goes the unsubscribe link (github.com/hteumeuleu/email-bugs 41).

    Mend: Shorten the issue, or leave a section to a web page and link to it.
    """
    size = draft.html_bytes
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
    size = draft.html_bytes
    if draft.max_html_bytes * WARN_FROM <= size <= draft.max_html_bytes:
        share = 100 * size // draft.max_html_bytes
        yield Remark(
            f"the HTML part is {size:,} bytes long, {share} % of what Gmail shows", draft.file, "Think of what could be shorter."
        )
