"""Every address that the outside can reach: each room's own list, mounted."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("newsletter.subscribers.web.urls")),
    path("", include("newsletter.publishing.urls")),
    path("", include("newsletter.delivery.urls")),
]

handler400 = "newsletter.subscribers.web.pages.bad_request"
handler404 = "newsletter.subscribers.web.pages.unknown_link"
handler500 = "newsletter.subscribers.web.pages.server_error"
