"""The archive's addresses; they stand in mails, and so stay what they are."""

from __future__ import annotations

from django.urls import path

from newsletter.publishing import archive

urlpatterns = [
    path("", archive.start, name="start"),
    path("issues/", archive.issues, name="issues"),
    path("issues/<str:name>/", archive.issue, name="issue"),
    path("issues/<str:name>/<str:language>/", archive.issue_edition, name="issue-edition"),
    path("assets/<str:name>", archive.asset, name="asset"),
]
