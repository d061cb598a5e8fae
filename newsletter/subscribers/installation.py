"""What this installation has one of, made from its settings when first asked for: sealer, links, choices, page design."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from newsletter.config import Config
from newsletter.subscribers.choices import Choices, load_choices
from newsletter.subscribers.links import LinkSigner, ReaderLinks
from newsletter.subscribers.page_design import PageDesign, load_page_design
from newsletter.subscribers.sealing import Sealer


def config() -> Config:
    """Give the settings that Django was started with."""
    config: Config = settings.NEWSLETTER
    return config


@cache
def sealer() -> Sealer:
    """Give the sealer of this installation's key ring."""
    return Sealer(settings.KEY_RING)


@cache
def link_signer() -> LinkSigner:
    """Give the signer of readers' tokens."""
    return LinkSigner(settings.KEY_RING)


@cache
def reader_links() -> ReaderLinks:
    """Give the maker of the links that stand in mails."""
    return ReaderLinks(config().web.base_url, link_signer())


@cache
def choices() -> Choices:
    """Give the topics, languages and consent wordings of this site; raises SettingsError."""
    return load_choices(config().home, config().newsletter.languages)


@cache
def page_design() -> PageDesign:
    """Give the words and colours of readers' pages; raises TemplateError."""
    return load_page_design(config().home / "templates", config().newsletter)
