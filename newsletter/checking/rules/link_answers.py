"""Links that were asked: what their answers say. Without answers (`newsletter check --offline`) nothing is found here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsletter.checking.edition_links import as_asked, web_addresses
from newsletter.checking.link_answers import LinkAnswer, LinkKind, LinkVerdict, Trouble, judge_link
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.rules.links import addresses
from newsletter.findings import Place, Severity

ASKED_RULES = frozenset({"link-dead", "link-unsafe", "link-page-missing", "link-moved", "link-unchecked"})
"""The rules of this module, to be run alone when the answers are there."""


@rule("link-dead", Severity.WARNING, Group.LINKS)
def links_lead_somewhere(draft: Draft) -> Iterator[Remark]:
    """Link to pages that are there.

    Somebody who is ill and looks for help gives up sooner than others when the page is gone. Broken is what says so itself: there
    is no site of that name, the connection is refused twice, or the page is not there (404, 410), confirmed with the request
    that a browser sends. It stops neither an approval nor a send: another's page may be away for an hour, and a letter that comes
    late because of it helps nobody. `newsletter links check` ends with exit code 1, and the day before the send the program
    mails the editors ([how](../howto/check-links.md)).

    Mend: Open it in a browser. Look for the page under its new address, or take the link out.

    Wrong:
        [the guide](https://example.org/guide-2019-old)

    Right:
        [the guide](https://example.org/guide)
    """
    for _, verdict, places in _judged(draft, LinkKind.DEAD):
        fix = "Open it in a browser; find the page's new address, or take the link out."
        yield from (Remark(verdict.sentence, place, fix) for place in places)


@rule("link-unsafe", Severity.WARNING, Group.LINKS)
def links_are_safe_to_open(draft: Draft) -> Iterator[Remark]:
    """Link to pages that browsers open without a warning.

    A certificate that has expired, or is made out to another name, makes browsers speak of attackers. A page that is asked for
    with https and leads on to http is read by everybody on the way.

    Mend: Tell the site's owner, and link to another page meanwhile.
    """
    for _, verdict, places in _judged(draft, LinkKind.UNSAFE):
        fix = "Tell the site's owner, and link to another page meanwhile."
        yield from (Remark(verdict.sentence, place, fix) for place in places)


@rule("link-page-missing", Severity.WARNING, Group.LINKS)
def pages_are_what_they_were(draft: Draft) -> Iterator[Remark]:
    """Open links whose page seems to be gone, though its site says that all is well.

    Some sites answer "page not found" as if it were a page, or lead whoever looks for a page that is gone to their front page.
    It is a suspicion, made from the page's title, its first heading, or where the address leads: look yourself.

    Mend: Open it in a browser. If the page is there, list its address in `[links] accept` of `newsletter.toml`.
    """
    for _, verdict, places in _judged(draft, LinkKind.MISSING):
        fix = (
            "Open it in a browser; if the page is there, list it in [links] accept of newsletter.toml, else find its new address."
        )
        yield from (Remark(verdict.sentence, place, fix) for place in places)


@rule("link-moved", Severity.NOTICE, Group.LINKS)
def links_are_up_to_date(draft: Draft) -> Iterator[Remark]:
    """Write the new address of a page that has moved for good.

    The old one works as long as its site keeps the redirect (301, 308); the archive will be read for years. Redirects that their
    site calls temporary (302, 303, 307) are fine as they are.

    Mend: Write the new address, if it opens the same page.

    Wrong:
        [the guide](http://example.org/old-guide)

    Right:
        [the guide](https://example.org/guide)
    """
    for answer, verdict, places in _judged(draft, LinkKind.MOVED):
        new = as_asked(answer.moved_to)
        yield from (Remark(verdict.sentence, place, f"Write {new}, if it opens the same page.") for place in places)


@rule("link-unchecked", Severity.WARNING, Group.LINKS)
def links_that_turn_programs_away_are_opened_by_a_person(draft: Draft) -> Iterator[Remark]:
    """Open yourself what turns programs away, has a fault just now, or does not answer in time.

    Nothing can be concluded from 403, 429, a fault of the server (5xx), a page that asks whether you are human, a time-out or a
    redirect in a ring: the page may be well, or gone.

    Mend: Open it in a browser. If it always turns programs away, list its address in `[links] accept` of `newsletter.toml`.
    """
    judged = list(_judged(draft, LinkKind.COULD_NOT_CHECK))
    offline = [answer for answer, _, _ in judged if answer.trouble is Trouble.OFFLINE]
    if offline:
        links = "one link" if len(offline) == 1 else f"{len(offline)} links"
        message = f"{links} could not be checked: no site answered at all; is this machine on the internet?"
        yield Remark(message, draft.file, "Try again where the internet is; newsletter check --offline looks at everything else.")
    for answer, verdict, places in judged:
        if answer.trouble is not Trouble.OFFLINE:
            fix = "Open it in a browser; if it always turns programs away, list it in [links] accept of newsletter.toml."
            yield Remark(verdict.sentence, places[0], fix)


def places_of(draft: Draft, address: str) -> Sequence[Place]:
    """Give where the editors wrote an address; the card for what templates make of a trial's number, else the settings."""
    places = [place for url, place in addresses(draft) if as_asked(url) == address]
    cards = [
        block.place for block in draft.issue.blocks if block.kind == "trial" and str(block.fields.get("nct_id", "")) in address
    ]
    return list(dict.fromkeys(places)) or cards or [Place("newsletter.toml")]


def _judged(draft: Draft, kind: LinkKind) -> Iterator[tuple[LinkAnswer, LinkVerdict, Sequence[Place]]]:
    """Give the links of this kind, each with its answer and the places where it stands."""
    answers = draft.link_answers or {}
    for address in web_addresses([draft.edition], base_url=draft.base_url) if answers else ():
        answer = answers.get(address)
        if answer is not None and (verdict := judge_link(answer)).kind is kind:
            yield answer, verdict, places_of(draft, address)
