"""The style sheet and the styles of the mail, against what mail programs can do with them."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.checking.mail_support import unsupported_declarations, unsupported_rules
from newsletter.checking.report import MAIL_LAYOUT, Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.style_sheet import read_style_sheet
from newsletter.findings import Severity

MOST_STYLE_BYTES = 16_384


@rule("style-sheet-too-large", Severity.ERROR, Group.MAIL_CLIENTS)
def the_style_sheet_is_small(draft: Draft) -> Iterator[Remark]:
    """Keep all style elements of the mail together under 16 kB.

    Gmail throws away all that come after (github.com/hteumeuleu/email-bugs 90), and the letter loses its dark colors and its
    form on a phone.

    Mend: Take rules out of the `mj-style` of `templates/email/layout.mjml.j2` that nothing uses.
    """
    size = sum(len(sheet.words.encode()) for sheet in draft.mail_facts.named("style"))
    if size > MOST_STYLE_BYTES:
        yield Remark(
            f"the style elements hold {size:,} bytes; Gmail reads {MOST_STYLE_BYTES:,}",
            MAIL_LAYOUT,
            "Take out what nothing uses.",
        )


@rule("at-rule-nested", Severity.ERROR, Group.MAIL_CLIENTS)
def no_at_rule_stands_in_another(draft: Draft) -> Iterator[Remark]:
    """Put no at-rule into another one, such as `@media` into `@media`.

    Gmail then throws the whole style element away (github.com/hteumeuleu/caniemail 144).

    Mend: Join both conditions with "and", in one `@media`.

    Wrong:
        @media (max-width: 480px) { @media (prefers-color-scheme: dark) { … } }

    Right:
        @media (max-width: 480px) and (prefers-color-scheme: dark) { … }
    """
    for sheet in draft.mail_facts.named("style"):
        for at_rule, within in read_style_sheet(sheet.words).at_rules:
            if within:
                yield Remark(
                    f"{at_rule} stands inside {within[-1]}", MAIL_LAYOUT, 'Join the two with "and", or write them apart.'
                )


@rule("css-unsupported", Severity.WARNING, Group.MAIL_CLIENTS)
def every_style_is_known_to_work(draft: Draft) -> Iterator[Remark]:
    """Write only styles that mail programs understand, or of which it is known what happens where they do not.

    Outlook draws mail with the engine of Word, Gmail throws away whole rules over one selector. What is listed in
    `newsletter/checking/mail_support.py` works everywhere, or falls back to something that is said there.

    Mend: Look for the style in `templates/email`, and do it with what is listed: tables for columns, padding for room, inline
    colors. If it is harmless where it is ignored, add it to the list, with the fallback.

    Wrong:
        <div style="display:flex;gap:12px">

    Right:
        <table role="presentation"><tr><td style="padding-right:12px">
    """
    complaints: dict[str, str] = {}
    for sheet in draft.mail_facts.named("style"):
        for one in unsupported_rules(read_style_sheet(sheet.words)):
            complaints.setdefault(one, "the style sheet")
    for style, element in draft.mail_facts.styles.items():
        for one in unsupported_declarations(style):
            complaints.setdefault(one, element.start_tag)
    for what, where in complaints.items():
        yield Remark(
            f"“{what}” of {where} is not known to work in mail programs", MAIL_LAYOUT, "Do it with what is known to work."
        )
