"""What every mail owes its reader: the way out, the way to her choices, and who we are and where."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.authoring.issue import MergeField
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Severity
from newsletter.rendering.merge import merge_token


@rule("unsubscribe-link-missing", Severity.ERROR, Group.READERS_RIGHTS)
def both_parts_have_the_unsubscribe_link(draft: Draft) -> Iterator[Remark]:
    """Carry the unsubscribe link in both parts of the mail (CAN-SPAM; RFC 8058).

    Going must be as easy as coming.

    Mend: Put `{{ unsubscribe_url }}`, in a link with words, back into the footer of `templates/email` and `templates/text`.
    """
    yield from _parts_without_link(draft, "unsubscribe_url")


@rule("manage-link-missing", Severity.ERROR, Group.READERS_RIGHTS)
def both_parts_have_the_manage_link(draft: Draft) -> Iterator[Remark]:
    """Carry the link to the reader's page in both parts of the mail.

    A pause or another language is often what she wants when she presses unsubscribe.

    Mend: Put `{{ manage_url }}`, in a link with words, back into the footer of `templates/email` and `templates/text`.
    """
    yield from _parts_without_link(draft, "manage_url")


@rule("postal-address-missing", Severity.ERROR, Group.READERS_RIGHTS)
def both_parts_have_the_postal_address(draft: Draft) -> Iterator[Remark]:
    """Show the sender's postal address in both parts of the mail.

    CAN-SPAM asks it of every sender.

    Mend: Put `{{ postal_address }}` back into the footers; the address itself stands in `newsletter.toml`.
    """
    words = re.findall(r"\w+", draft.postal_address)
    address = re.compile(r"\W+".join(words))
    for part, text in (("HTML", draft.mail_words), ("text", draft.edition.text)):
        if not words or not address.search(text):
            yield Remark(
                f"the {part} part does not show the postal address",
                draft.file,
                "Put postal_address of newsletter.toml back into the footer of the mail's layout template.",
            )


def _parts_without_link(draft: Draft, name: str) -> Iterator[Remark]:
    token = merge_token(MergeField(name))
    fix = f"Put {{{{{name}}}}} back into the footer of the mail's layout template."
    if not any(link.text().strip() for link in draft.mail.css(f'a[href="{token}"]')):
        yield Remark(f"the HTML part has no link to {{{{{name}}}}}", draft.file, fix)
    if token not in draft.edition.text:
        yield Remark(f"the text part has no {{{{{name}}}}}", draft.file, fix)
