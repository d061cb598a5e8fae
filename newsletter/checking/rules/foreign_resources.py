"""Nobody but us hears that a letter was opened, and we do not listen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from urllib.parse import urlsplit

from newsletter.checking.page_facts import Element
from newsletter.checking.report import MAIL_LAYOUT, Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.style_sheet import read_declarations
from newsletter.findings import Place, Severity

# Also inside conditional comments, in the small letters of our templates and of MJML. By what a page has to hold before the
# pattern is worth looking for, which saves a millisecond.
_FETCHED = {
    "src": re.compile(r"""src(?:set)?\s*=\s*["']\s*([^"'\s]+)"""),
    "background=": re.compile(r"""background=\s*["']\s*([^"'\s]+)"""),
    "url(": re.compile(r"""url\(\s*["']?\s*([^"')\s]+)"""),
    "@import": re.compile(r"""@import\s+["']([^"']+)"""),
    "<link": re.compile(r"""<link\b[^>]*?\bhref\s*=\s*["']([^"']+)"""),
}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_OF_THIS_MACHINE = frozenset(("localhost", "127.0.0.1", "::1"))
_PIXELS = re.compile(r"\s*(\d+)(?:px)?\s*")


@rule("foreign-resource", Severity.ERROR, Group.PRIVACY)
def nothing_is_fetched_from_others(draft: Draft) -> Iterator[Remark]:
    """Fetch no picture, font, style or anything else from an address that is not the newsletter's own.

    Whoever serves it learns that this person, at this hour and place, reads a letter about this illness. It may also be another
    picture tomorrow than the one that was approved.

    Mend: Put the picture into the issue's folder and show it with a `figure` block; take fonts that readers have
    (`templates/theme.toml`).

    Wrong:
        <img src="https://images.example.com/logo.png" alt="…">

    Right:
        ::: figure images/logo.png alt="…"
        :::
    """
    own = {asset.name for asset in draft.edition.assets}
    for part, page in (("mail", draft.edition.html), ("web page", draft.edition.web)):
        found = (pattern.findall(page) for sign, pattern in _FETCHED.items() if sign in page)
        for address in dict.fromkeys(chain.from_iterable(found)):
            if not _is_own(address, draft.base_url, own):
                yield Remark(
                    f"the {part} fetches {address[:80]} from somebody else",
                    MAIL_LAYOUT,
                    "Put it into the issue's folder and show it with a figure block, or take it out of the templates.",
                )


@rule("tracking-pixel", Severity.ERROR, Group.PRIVACY)
def no_picture_is_there_to_be_counted(draft: Draft) -> Iterator[Remark]:
    """Show no picture that nobody can see.

    A picture of a pixel, or a hidden one, has one use: it tells its owner that the mail was opened. Readers were promised that
    this letter does not do that.

    Mend: Take it out. Room is made with padding, lines with borders.
    """
    for image in draft.mail_facts.named("img"):
        if _is_invisible(image):
            yield Remark(
                f"{image.start_tag} cannot be seen, so that it only tells who opens the mail", MAIL_LAYOUT, "Take it out."
            )


@rule("page-address-not-https", Severity.WARNING, Group.PRIVACY)
def what_templates_and_settings_link_to_is_encrypted(draft: Draft) -> Iterator[Remark]:
    """Begin every address that templates and settings put into the mail with https.

    Over http everybody on the way sees what is fetched and read; and iPhones do not show pictures that come that way.
    Addresses of this machine are left alone: they are for trying things out. For the links of an issue see
    [link-not-https](link-not-https.md).

    Mend: Look for the address in `newsletter.toml` (base_url, home_page) and in the templates.
    """
    written = {link.url for link in draft.links} | {sponsor.url for sponsor in draft.issue.sponsors}
    written |= {value for block in draft.issue.blocks for value in block.fields.values() if isinstance(value, str)}
    addresses = dict.fromkeys(
        element.attributes.get("href", element.attributes.get("src", "")) for element in draft.mail_facts.named("a", "img")
    )
    for address in addresses:
        if address.lower().startswith("http://") and address not in written and not _is_of_this_machine(address):
            yield Remark(
                f"{address} is not encrypted", Place("newsletter.toml"), "Write https:// in newsletter.toml or in the template."
            )


def _is_own(address: str, base_url: str, names: set[str]) -> bool:
    if base_url and address.startswith(f"{base_url}/"):
        return True
    if not _SCHEME.match(address):
        return True
    return address.lower().startswith("data:") or (not base_url and address.rpartition("/")[2] in names)


def _is_of_this_machine(address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return host in _OF_THIS_MACHINE or host.endswith(".localhost")


def _is_invisible(image: Element) -> bool:
    sizes = [match[1] for name in ("width", "height") if (match := _PIXELS.fullmatch(image.attributes.get(name, "")))]
    for one in read_declarations(image.attributes.get("style", "")):
        if (one.name, one.value) in {("display", "none"), ("visibility", "hidden"), ("opacity", "0")}:
            return True
        if one.name in {"width", "height", "max-width", "max-height"} and (match := _PIXELS.fullmatch(one.value)):
            sizes.append(match[1])
    return "hidden" in image.attributes or any(int(size) <= 3 for size in sizes)
