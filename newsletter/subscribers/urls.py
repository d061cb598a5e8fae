"""The addresses of readers' pages."""

from __future__ import annotations

from django.urls import path

from newsletter.subscribers.privacy_page import privacy
from newsletter.subscribers.views import ManagePage, UnsubscribeButton, UnsubscribePage

urlpatterns = [
    path("privacy", privacy),
    path("m/<str:token>", ManagePage.as_view()),
    path("u/<str:token>", UnsubscribePage.as_view()),
    path("unsubscribe/<str:token>", UnsubscribeButton.as_view()),
]
