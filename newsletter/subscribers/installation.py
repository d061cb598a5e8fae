"""What this installation has one of, made from its settings when first asked for: sealer, links, choices, page design."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from newsletter.config import Config
from newsletter.keys.in_use import MadeOfRing, RingInUse
from newsletter.subscribers.choices import Choices, load_choices
from newsletter.subscribers.links import LinkSigner, ReaderLinks
from newsletter.subscribers.sealing import Sealer
from newsletter.subscribers.web.page_design import PageDesign, load_page_design


def config() -> Config:
    """Give the settings that Django was started with."""
    config: Config = settings.NEWSLETTER
    return config


def rings() -> RingInUse:
    """Give the key ring of this installation, which another process may change."""
    in_use: RingInUse = settings.RING_IN_USE
    return in_use


sealer = MadeOfRing(rings, Sealer.of)
"""Gives the sealer of this installation's key ring. Ask for it again for every batch or request: the ring may have changed."""

link_signer = MadeOfRing(rings, LinkSigner.of)
"""Gives the signer of readers' tokens, in the same way."""

reader_links = MadeOfRing(rings, lambda rings: ReaderLinks(config().web.base_url, LinkSigner.of(rings)))
"""Gives the maker of the links that stand in mails, in the same way."""


@cache
def choices() -> Choices:
    """Give the topics, languages and consent wordings of this site; raises SettingsError."""
    return load_choices(config().home, config().newsletter.languages)


@cache
def page_design() -> PageDesign:
    """Give the words and colours of readers' pages; raises TemplateError."""
    return load_page_design(config().home / "templates", config().newsletter)
