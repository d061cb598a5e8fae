"""Links that need nobody to be asked: pages of our own server, telephone numbers, mail addresses."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from newsletter.authoring.issue import EarlierIssue
from newsletter.authoring.links import find_link_mistake
from newsletter.authoring.source import TOKEN_START
from newsletter.checking.edition_links import is_own, own_paths
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.rules.link_answers import places_of
from newsletter.checking.rules.links import addresses
from newsletter.findings import Severity

OWN_RULES = frozenset({"own-page-unknown", "contact-link-broken"})
"""The rules of this module."""


@rule("own-page-unknown", Severity.WARNING, Group.LINKS)
def own_pages_are_there(draft: Draft) -> Iterator[Remark]:
    """Link only to pages of this newsletter that there are.

    Pages of our own server are not asked: an issue that nobody has sent yet has no page there. The program knows its own:
    the archive, each issue of `issues/` in every language of the newsletter, with the sections of this one, and the pages for
    signing up, lost links and privacy.

    Mend: Copy the address from the archive, or write the `{#word}` of a section of this issue after `#`.

    Wrong:
        [our October issue](https://n.example.org/issue/october)

    Right:
        [our October issue](https://n.example.org/issues/2026-10/en/)
    """
    if draft.issue_names is None:
        return
    # An issue that is put right was sent: its files may have been cleared away since.
    put_right = {str(value) for block in draft.issue.blocks for value in block.fields.values() if isinstance(value, EarlierIssue)}
    paths = own_paths(draft.edition, issue_names=draft.issue_names | put_right, languages=draft.languages)
    own_page = f"/issues/{draft.edition.issue}/{draft.edition.language}/"
    for address in draft.leads_to:
        if TOKEN_START in address or not is_own(address, draft.base_url):
            continue
        parts = urlsplit(address)
        path, fragment = unquote(parts.path) or "/", unquote(parts.fragment)
        place = next((place for url, place in addresses(draft) if url == address), places_of(draft, address)[0])
        if path not in paths:
            fix = "Put a / at its end." if f"{path}/" in paths else "Copy the address from the archive, or take the link out."
            yield Remark(f"{address} is no page of ours", place, fix)
        elif fragment and path == own_page and not any(node.attributes["id"] == fragment for node in draft.web_page.css("[id]")):
            fix = "Write the {#word} of a section of this issue after #."
            yield Remark(f"{address} leads to no section of its page", place, fix)


@rule("contact-link-broken", Severity.WARNING, Group.LINKS)
def numbers_and_mail_addresses_can_be_used(draft: Draft) -> Iterator[Remark]:
    """Have telephone numbers that can be dialled and mail addresses that can be written to behind every link.

    What editors write is looked at when the file is read; this looks at what templates make of other people's data, such as the
    contact of a trial, and of the settings.

    Mend: Look the number or address up where it comes from: the trial's page in the registry, or `newsletter.toml`.
    """
    for link in draft.leads_to:
        if link.lower().startswith(("tel:", "mailto:")) and TOKEN_START not in link and (mistake := find_link_mistake(link)):
            place = next((place for url, place in addresses(draft) if url == link), draft.file)
            yield Remark(
                mistake.message, place, "Look it up where it comes from: the registry's page of the trial, or newsletter.toml."
            )
