"""Tells Django about this room."""

from __future__ import annotations

from django.apps import AppConfig


class SubscribersConfig(AppConfig):
    """The subscribers room as a Django app."""

    name = "newsletter.subscribers"
    label = "subscribers"
    default_auto_field = "django.db.models.BigAutoField"
