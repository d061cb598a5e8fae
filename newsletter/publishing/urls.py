"""The archive's addresses, which stand in mails and so stay what they are, and those of a reviewer's link."""

from __future__ import annotations

from django.urls import path

from newsletter.publishing import archive, archive_feed
from newsletter.publishing.review_views import ReviewPage, review_mail, review_web

urlpatterns = [
    path("", archive.start, name="start"),
    path("issues/", archive.issues, name="issues"),
    path("issues/<str:name>/", archive.issue, name="issue"),
    path("issues/<str:name>/<str:language>/", archive.issue_edition, name="issue-edition"),
    path("feed.xml", archive_feed.feed, name="feed"),
    path("feed.<str:language>.xml", archive_feed.feed, name="feed-in"),
    path("assets/<str:name>", archive.asset, name="asset"),
    path("review/<str:token>", ReviewPage.as_view()),
    path("review/<str:token>/mail/<str:language>/<int:number>/<str:scheme>", review_mail),
    path("review/<str:token>/web/<str:language>", review_web),
]
