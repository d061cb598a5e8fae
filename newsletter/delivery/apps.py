"""Tells Django about this room."""

from __future__ import annotations

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """The delivery room as a Django app."""

    name = "newsletter.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"
