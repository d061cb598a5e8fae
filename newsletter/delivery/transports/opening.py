"""From the settings to a transport."""

from __future__ import annotations

from newsletter.config import Config
from newsletter.delivery.dkim_key import find_signer
from newsletter.delivery.transports.outbox import OutboxTransport
from newsletter.delivery.transports.port import Transport
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.subscribers.installation import choices


def open_transport(config: Config) -> Transport:
    """Give the transport that the settings name. Raises TransportError or SettingsError when it lacks something."""
    match config.delivery.transport:
        case "outbox":
            return OutboxTransport(config.path(config.delivery.outbox), signer=find_signer(config))
        case "smtp":
            return SmtpTransport(config.delivery.smtp, signer=find_signer(config))
        case "sendgrid":
            # Its library and httpx take 0.3 s to import, which commands that send nothing by SendGrid do without.
            from newsletter.delivery.transports.sendgrid import SendgridTransport  # noqa: PLC0415

            return SendgridTransport(
                config.delivery.sendgrid, topics=_words_for_topics() if config.delivery.sendgrid.categories else ()
            )


def _words_for_topics() -> set[str]:
    """Give the keys of all topics that readers may choose, and what they are called in any language."""
    return {word for topic in choices().topics for word in (topic.key, *topic.label.values())}
