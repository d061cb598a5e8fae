"""Privacy: that somebody reads this letter is health information, so nobody else learns of a press on a link."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.authoring.issue import MergeField
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.rules.links import addresses
from newsletter.checking.tracking import find_tracking_parameters, is_redirector, is_shortener
from newsletter.findings import Place, Severity
from newsletter.rendering.merge import TOKEN, merge_token

_COPY = "Open it, and copy the address of the page itself."
_OWN_LINKS = frozenset(merge_token(MergeField(name)) for name in ("manage_url", "unsubscribe_url"))
_MAIL_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PRIVATE_MAIL = re.compile(
    r"@(?:gmail|googlemail|yahoo|ymail|hotmail|outlook|live|msn|aol|icloud|me|mac|proton|protonmail|gmx|comcast|verizon|att)\.",
    re.IGNORECASE,
)
_FIRST_AND_LAST = re.compile(r"[a-z]{2,}[._][a-z]{2,}@", re.IGNORECASE)
_OFFICES = re.compile(
    r"(?:info|help|contact|press|news|letter|editors?|office|support|patient|care|team|no|do|not|reply|customer)[._]",
    re.IGNORECASE,
)


@rule("link-tracked", Severity.ERROR, Group.PRIVACY)
def links_carry_no_tracking(draft: Draft) -> Iterator[Remark]:
    """Link to a page's plain address, without parameters such as utm_source, fbclid or mc_eid.

    They tell the other side that its visitor came from a letter for people with metastatic breast cancer; some of them name
    the very person from whose mail the link was copied. We promise readers that nobody follows them.

    Mend: Run `newsletter check --fix`, which takes them out, or cut the address at the parameter.

    Wrong:
        [The guide](https://example.org/guide?utm_source=newsletter&utm_medium=email)

    Right:
        [The guide](https://example.org/guide)
    """
    for url, place in addresses(draft):
        names = find_tracking_parameters(url)
        if names:
            yield Remark(
                f"the link {_shown(url)} tells where its reader comes from: {', '.join(dict.fromkeys(names))}",
                place,
                "Run `newsletter check --fix`, or take these parameters out of the address.",
            )


@rule("link-shortened", Severity.WARNING, Group.PRIVACY)
def links_are_not_shortened(draft: Draft) -> Iterator[Remark]:
    """Write the address of the page itself, not that of a link shortener.

    A shortener writes down everybody who passes, and nobody sees where the link leads before it is pressed.

    Mend: Open the short link and copy the address from the browser.

    Wrong:
        [The guide](https://bit.ly/3abcdef)

    Right:
        [The guide](https://www.example.org/guides/living-well)
    """
    for url, place in addresses(draft):
        if is_shortener(url):
            yield Remark(f"the link {_shown(url)} hides where it leads", place, _COPY)


@rule("link-redirected", Severity.WARNING, Group.PRIVACY)
def links_lead_straight_to_their_page(draft: Draft) -> Iterator[Remark]:
    """Link straight to the page, not through a service that counts clicks or checks links.

    Links copied out of somebody's mail often lead through such a service, which knows whose mail that was.

    Mend: Open the link and copy the address from the browser.

    Wrong:
        [The guide](https://example.us1.list-manage.com/track/click?u=1&id=2&e=3)

    Right:
        [The guide](https://www.example.org/guides/living-well)
    """
    for url, place in addresses(draft):
        if is_redirector(url):
            yield Remark(
                f"the link {_shown(url)} leads through somebody who counts",
                place,
                "Open it, and copy the address of the page itself.",
            )


@rule("personal-link-elsewhere", Severity.ERROR, Group.PRIVACY)
def no_personal_part_leaves_in_a_link(draft: Draft) -> Iterator[Remark]:
    """Put personal parts into no link or picture but the reader's own two links.

    A name or an address in a link is in the log of every machine on the way, and a picture whose address is personal tells
    who opened the mail, and when.

    Mend: Take the personal part out of the address in the template.

    Wrong:
        <a href="https://example.org/survey?for={{address}}">

    Right:
        <a href="https://example.org/survey">
    """
    # The tokens are rare, and looking for them in all attributes is not.
    for attribute in ("href", "src", "background") if TOKEN.search(draft.edition.html) else ():
        for element in draft.mail.css(f"[{attribute}*='@@MM']"):
            address = element.attributes.get(attribute) or ""
            if address not in _OWN_LINKS:
                names = ", ".join(dict.fromkeys(name for name, _ in TOKEN.findall(address)))
                yield Remark(
                    f"an address in the HTML part carries the personal part {names}",
                    draft.file,
                    "Take it out of the template that writes the link; only the reader's own page knows who comes.",
                )


@rule("private-address", Severity.WARNING, Group.PRIVACY)
def nobodys_private_address_is_printed(draft: Draft) -> Iterator[Remark]:
    """Print the addresses of offices, not those of persons.

    The letter is forwarded and stands in a public archive; an address in it gets mail for years, and says with whom its owner
    keeps company. Advice: the check knows a private address by its provider, or by a first and a last name.

    Mend: Give an address that an office answers, or ask the person, and lower the check with that reason.

    Wrong:
        Write to jane.doe@gmail.com.

    Right:
        Write to editors@example.org.
    """
    for number, line in enumerate(draft.issue.source.splitlines(), 1):
        for match in _MAIL_ADDRESS.finditer(line) if "@" in line else ():
            private = _PRIVATE_MAIL.search(match[0]) or (_FIRST_AND_LAST.match(match[0]) and not _OFFICES.match(match[0]))
            if private:
                yield Remark(
                    f"{match[0]} looks like the address of a person",
                    Place(draft.issue.file, number, match.start() + 1),
                    "Give the address of an office, such as the newsletter's own.",
                )


def _shown(url: str) -> str:
    longest = 60
    return url if len(url) <= longest else f"{url[:longest]}…"
