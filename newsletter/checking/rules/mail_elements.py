"""The elements of the mail, against what mail programs show, refuse, or pull out of shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.checking.conditionals import imbalances
from newsletter.checking.mail_support import ATTRIBUTES, ELEMENTS
from newsletter.checking.report import MAIL_LAYOUT, Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Severity

# A tuple: two reports about the same mail have one order.
_ACTIVE = (
    *("script", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input", "button", "select", "textarea"),
    *("video", "audio", "canvas", "base"),
)
_RUNS = re.compile(r"\s*(javascript|vbscript):", re.IGNORECASE)
_COMPLETE = re.compile(r"https?://|mailto:|tel:|sms:|data:|javascript:|#|@@MM:", re.IGNORECASE)


@rule("active-content", Severity.ERROR, Group.PRIVACY)
def nothing_in_a_mail_runs(draft: Draft) -> Iterator[Remark]:
    """Put no script, form, frame, sound or film into a mail, and none into the web page.

    Programs take them for an attack and hide the letter, or show a dead button. On the web page a script of somebody else's
    would learn who reads about which illness.

    Mend: Link to a page that has it.
    """
    facts = draft.mail_facts
    found = [(f"{one.start_tag} of the mail", "does something") for one in facts.named(*_ACTIVE)]
    found += [(f"<{one.tag}> of the web page", "does something") for one in draft.web_page.css(", ".join(_ACTIVE))]
    handlers = [(name, one) for name, one in facts.attributes.items() if name.startswith("on")]
    found += [(f"{one.start_tag} of the mail", f"runs {name}") for name, one in handlers]
    for element in facts.named("a", "img", "area"):
        if any(_RUNS.match(element.attributes.get(name, "")) for name in ("href", "src")):
            found.append((f"{element.start_tag} of the mail", "runs what its address says"))
    for element in facts.named("meta"):
        if element.attributes.get("http-equiv", "").lower() == "refresh":
            found.append((f"{element.start_tag} of the mail", "leads readers elsewhere by itself"))
    for what, why in found:
        yield Remark(f"{what} {why}", MAIL_LAYOUT, "Take it out, and link to a page that has it.")


@rule("html-unsupported", Severity.WARNING, Group.MAIL_CLIENTS)
def every_element_is_known_to_work(draft: Draft) -> Iterator[Remark]:
    """Write only elements and attributes that mail programs know.

    Outlook takes what it does not know for part of a line, so that a `section` loses its room and its colors.

    Mend: Write a `div` or a layout table with a class. If it is harmless where it is not known, add it to
    `newsletter/checking/mail_support.py`, with what happens there.
    """
    facts = draft.mail_facts
    complaints = {
        f"the element {tag}": found[0].start_tag
        for tag, found in facts.by_tag.items()
        if tag not in ELEMENTS and tag not in _ACTIVE
    }
    for name, element in facts.attributes.items():
        if name not in ATTRIBUTES and not name.startswith(("aria-", "on")):
            complaints[f"the attribute {name}"] = element.start_tag
    for what, where in complaints.items():
        yield Remark(f"{what} of {where} is not known to work in mail programs", MAIL_LAYOUT, "Write what is known to work.")


@rule("address-incomplete", Severity.ERROR, Group.MAIL_CLIENTS)
def every_address_is_complete(draft: Draft) -> Iterator[Remark]:
    """Begin every address in a mail with what it is: https:, mailto:, tel:, or # for a place in the letter.

    A mail has no address of its own from which the rest could be guessed: a picture at `images/cells.png` is on the editor's
    disk and nowhere else.

    Mend: Show pictures with a `figure` block, which gives them their public address; write addresses of pages in full.

    Wrong:
        <img src="images/cells.png" alt="…">

    Right:
        ::: figure images/cells.png alt="…"
        :::
    """
    for element in draft.mail_facts.named("a", "img"):
        for name in ("href", "src"):
            address = element.attributes.get(name, "#")
            if not _COMPLETE.match(address):
                yield Remark(
                    f"the address “{address}” of {element.start_tag} says nothing in a mail",
                    MAIL_LAYOUT,
                    "Write the whole address.",
                )


@rule("outlook-unbalanced", Severity.ERROR, Group.MAIL_CLIENTS)
def both_branches_are_in_balance(draft: Draft) -> Iterator[Remark]:
    """Close in each branch of the conditional comments what was opened in it: in Outlook's, and in everybody else's.

    A table that is closed in one branch only tears the letter apart, from there to its end, for the readers of that program;
    and a browser on an editor's screen shows nothing of it.

    Mend: Look at the words that the message names, and at the tags round them in the template.

    Wrong:
        <!--[if mso]><table><tr><td><![endif]--> … </td></tr></table>

    Right:
        <!--[if mso]><table><tr><td><![endif]--> … <!--[if mso]></td></tr></table><![endif]-->
    """
    for variant in draft.edition.variants:
        for branch, wrong in imbalances(variant.html):
            yield Remark(f"what {branch} shows is out of balance: {wrong}", MAIL_LAYOUT, "Close in each branch what it opens.")
