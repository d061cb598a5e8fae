"""Tells Django about this room."""

from __future__ import annotations

from typing import Final

from django.apps import AppConfig

from newsletter.sealing import SealedColumn, register_sealed
from newsletter.subscribers.quiet_logs import keep_tokens_out_of_logs


class SubscribersConfig(AppConfig):
    """The subscribers room as a Django app."""

    name = "newsletter.subscribers"
    label = "subscribers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep readers' tokens out of the logs of refused and failed requests."""
        keep_tokens_out_of_logs()
        register_sealed(*SEALED)


SEALED: Final = (
    SealedColumn("subscribers.Subscriber", "contact", b"contact", "lookup"),
    SealedColumn("subscribers.Subscriber", "topics", b"topics", "lookup"),
    SealedColumn("subscribers.ReaderRequest", "content", b"reader request", "key"),
    SealedColumn("subscribers.MailedLink", "content", b"mailed link", "digest"),
    SealedColumn("subscribers.ErasureStep", "content", b"erasure step", "key"),
)
"""What of this room is sealed, as ``newsletter keys rotate`` has to know it."""
