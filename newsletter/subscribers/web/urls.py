"""The addresses of readers' pages."""

from __future__ import annotations

from django.urls import path

from newsletter.subscribers.web.confirm_views import ConfirmPage
from newsletter.subscribers.web.embed_views import embed_script, embedded, stamp
from newsletter.subscribers.web.leaving_views import RelativePage, UnsubscribeButton, UnsubscribePage
from newsletter.subscribers.web.moving_views import AddressPage
from newsletter.subscribers.web.own_views import MyDataPage
from newsletter.subscribers.web.privacy_page import privacy
from newsletter.subscribers.web.sign_up_views import LostLinkPage, SubscribePage
from newsletter.subscribers.web.views import ManagePage

urlpatterns = [
    path("privacy", privacy),
    path("subscribe", SubscribePage.as_view()),
    path("subscribe/embed.js", embed_script),
    path("subscribe/stamp", stamp),
    path("subscribe/embedded", embedded),
    path("lost-link", LostLinkPage.as_view()),
    path("confirm/<str:token>", ConfirmPage.as_view()),
    path("my-data/<str:token>", MyDataPage.as_view()),
    path("address/<str:token>", AddressPage.as_view()),
    path("m/<str:token>", ManagePage.as_view()),
    path("u/<str:token>", UnsubscribePage.as_view()),
    path("unsubscribe/<str:token>", UnsubscribeButton.as_view()),
    path("relative/<str:token>", RelativePage.as_view()),
]
