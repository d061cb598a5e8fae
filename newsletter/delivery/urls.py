"""Addresses at which providers reach us."""

from __future__ import annotations

from django.urls import URLPattern, path

from newsletter.delivery.webhooks import sendgrid_events

urlpatterns: list[URLPattern] = [path("webhooks/sendgrid", sendgrid_events, name="sendgrid-events")]
