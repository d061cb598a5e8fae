"""Editions out of the database, and who a marked delivery is for, made into letters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import structlog

from newsletter.config import Config
from newsletter.delivery.ledger import Claim, Marked
from newsletter.delivery.letters import Letter, LetterForm
from newsletter.errors import SettingsError
from newsletter.publishing.candidates import frozen_editions
from newsletter.rendering.edition import Edition
from newsletter.rendering.mail_headers import MailHeaders
from newsletter.rendering.merge import Personal
from newsletter.subscribers.installation import reader_links

log = structlog.get_logger()


class EditionForms:
    """The forms of one edition, one for each variant; which of them a reader gets is decided here and written down nowhere."""

    def __init__(
        self, edition: Edition, headers: MailHeaders, *, envelope_from: str, message_domain: str, bounces_by_key: bool = False
    ) -> None:
        self._topics = frozenset(edition.topics)
        self._by_choice = {
            frozenset(variant.topics): LetterForm(edition, headers, envelope_from, message_domain, variant, bounces_by_key)
            for variant in edition.variants
        }
        self._only = next(iter(self._by_choice.values()))

    @property
    def depend_on_topics(self) -> bool:
        """Whether it matters which topics a reader chose."""
        return bool(self._topics)

    def for_reader(self, topics: Collection[str]) -> LetterForm:
        """Give the form for a reader who chose these topics."""
        return self._by_choice[self._topics.intersection(topics)] if self._topics else self._only

    def try_out(self) -> None:
        """Compile every form now: on the wire a mistake would make everybody unknown who is marked at that moment."""
        try:
            for form in self._by_choice.values():
                _ = form.template
        except ValueError as error:
            raise SettingsError(
                f"The settings of newsletter.toml make no mail: {error}. Correct them; sending goes on by itself."
            ) from None


class Composing:
    """Keeps the forms of the editions that a worker is sending."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._editions: dict[int, Mapping[str, Edition]] = {}
        self._forms: dict[tuple[int, str], EditionForms] = {}

    def letters(self, claim: Claim, marked: Iterable[Marked], *, now: datetime) -> list[Letter]:
        """Make the letters of marked deliveries."""
        forms, both_urls = self.forms(claim), reader_links().both_urls
        form_for = forms.for_reader
        made = []
        for one in marked:
            to = one.addressee
            personal = Personal(to.first_name, to.address, *both_urls(to.public_id))
            made.append(Letter(one.delivery_id, one.key, form_for(to.topics), personal, now))
        return made

    def forms(self, claim: Claim) -> EditionForms:
        """Give the forms of the edition that a claimed batch is to get.

        Raises NotAllowedError when the stored editions are not those that were approved, SettingsError when the settings make
        no mail: both before anybody is marked.
        """
        known = self._forms.get((claim.candidate_id, claim.language))
        if known is None:
            settings, bounces = self._config.newsletter, self._config.delivery.bounces
            known = EditionForms(
                self._edition(claim),
                MailHeaders.of(self._config),
                envelope_from=bounces.address or self._config.delivery.envelope_from or settings.from_address,
                message_domain=settings.from_address.rpartition("@")[2],
                bounces_by_key=bounces.address is not None,
            )
            known.try_out()
            self._forms[claim.candidate_id, claim.language] = known
        return known

    def _edition(self, claim: Claim) -> Edition:
        """Give the edition of a language; where there is none, that of the newsletter's first language that has one."""
        editions = self._editions.get(claim.candidate_id)
        if editions is None:
            editions = {edition.language: edition for edition in frozen_editions(claim.candidate_id)}
            self._editions[claim.candidate_id] = editions
        by_preference = [claim.language, *self._config.newsletter.languages, *editions]
        language = next(one for one in by_preference if one in editions)
        if language != claim.language:
            log.warning("no edition in this language", issue=claim.issue, language=claim.language, instead=language)
        return editions[language]
