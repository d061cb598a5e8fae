"""Tells Django about this room."""

from __future__ import annotations

from django.apps import AppConfig

from newsletter.sealing import SealedColumn, register_sealed


class PostboxConfig(AppConfig):
    """The postbox as a Django app."""

    name = "newsletter.postbox"
    label = "postbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what of this room is sealed."""
        register_sealed(SealedColumn("postbox.ServiceMail", "content", b"service mail", "key"))
