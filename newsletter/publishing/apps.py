"""Tells Django about this room."""

from __future__ import annotations

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    """The publishing room as a Django app."""

    name = "newsletter.publishing"
    label = "publishing"
    default_auto_field = "django.db.models.BigAutoField"
