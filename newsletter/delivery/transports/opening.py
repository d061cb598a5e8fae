"""From the settings to a transport."""

from __future__ import annotations

from newsletter.config import Config
from newsletter.delivery.transports.outbox import OutboxTransport
from newsletter.delivery.transports.port import Transport
from newsletter.delivery.transports.sendgrid import SendgridTransport
from newsletter.delivery.transports.smtp import SmtpTransport


def open_transport(config: Config) -> Transport:
    """Give the transport that the settings name. Raises TransportError or SettingsError when it lacks something."""
    match config.delivery.transport:
        case "outbox":
            return OutboxTransport(config.path(config.delivery.outbox))
        case "smtp":
            return SmtpTransport(config.delivery.smtp)
        case "sendgrid":
            return SendgridTransport(config.delivery.sendgrid)
