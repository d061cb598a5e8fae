"""From a service mail to a letter that every transport can carry: an edition of its own, from nobody's list."""

from __future__ import annotations

from datetime import datetime

from newsletter.config import Config
from newsletter.delivery.letters import Letter, LetterForm
from newsletter.postbox.emptying import ClaimedMail
from newsletter.rendering.edition import Edition
from newsletter.rendering.mail_headers import ServiceHeaders
from newsletter.rendering.merge import Personal


def service_letter(claimed: ClaimedMail, config: Config, *, now: datetime) -> Letter:
    """Make the letter of a service mail; its texts are ready, so that nothing is merged into them."""
    content, settings = claimed.content, config.newsletter
    edition = Edition(
        issue="",
        language=content.language,
        written_in=content.language,
        title=content.subject,
        subject=content.subject,
        preheader="",
        html=_without_tokens(content.html),
        text=_without_tokens(content.text),
        web="",
    )
    sender = config.delivery.envelope_from or settings.from_address
    form = LetterForm(edition, ServiceHeaders.of(config), sender, settings.from_address.rpartition("@")[2])
    personal = Personal(first_name="", address=content.address, manage_url="", unsubscribe_url="")
    return Letter(claimed.mail_id, claimed.key, form, personal, now)


def _without_tokens(text: str) -> str:
    """Take apart what looks like a merge token: a person's note may hold anything."""
    return text.replace("@@MM", "@@ MM")
