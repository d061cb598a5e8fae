"""Tells Django about this room."""

from __future__ import annotations

from django.apps import AppConfig


class PostboxConfig(AppConfig):
    """The postbox as a Django app."""

    name = "newsletter.postbox"
    label = "postbox"
    default_auto_field = "django.db.models.BigAutoField"
