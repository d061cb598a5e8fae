"""Editions out of the database, and who a marked delivery is for, made into letters."""

from __future__ import annotations

from datetime import datetime

from newsletter.config import Config
from newsletter.delivery.ledger import Claim, Marked
from newsletter.delivery.letters import Letter, LetterForm
from newsletter.errors import SettingsError
from newsletter.publishing.candidates import frozen_editions
from newsletter.rendering.mail_headers import MailHeaders
from newsletter.rendering.merge import Personal
from newsletter.subscribers.installation import reader_links


class Composing:
    """Keeps the forms of the editions that a worker is sending."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._forms: dict[tuple[int, str], LetterForm] = {}

    def letter(self, claim: Claim, marked: Marked, *, now: datetime) -> Letter:
        """Make the letter of a marked delivery."""
        to = marked.addressee
        links = reader_links()
        personal = Personal(
            first_name=to.first_name,
            address=to.address,
            manage_url=links.manage_url(to.public_id),
            unsubscribe_url=links.unsubscribe_url(to.public_id),
        )
        return Letter(marked.delivery_id, marked.key, self.form(claim.candidate_id, claim.language), personal, now)

    def form(self, candidate_id: int, language: str) -> LetterForm:
        """Give the form of an edition; a language without an edition gets the newsletter's first one.

        Raises NotAllowedError when the stored editions are not those that were approved, SettingsError when the settings make
        no mail: both before anybody is marked.
        """
        known = self._forms.get((candidate_id, language))
        if known is None:
            editions = {edition.language: edition for edition in frozen_editions(candidate_id)}
            settings = self._config.newsletter
            edition = editions.get(language) or editions[settings.languages[0]]
            sender = self._config.delivery.envelope_from or settings.from_address
            known = LetterForm(edition, MailHeaders.of(self._config), sender, settings.from_address.rpartition("@")[2])
            _try_out(known)
            self._forms[candidate_id, language] = known
        return known


def _try_out(form: LetterForm) -> None:
    """Compile a form now: on the wire a mistake would make everybody unknown who is marked at that moment."""
    try:
        _ = form.template
    except ValueError as error:
        raise SettingsError(
            f"The settings of newsletter.toml make no mail: {error}. Correct them; sending goes on by itself."
        ) from None
