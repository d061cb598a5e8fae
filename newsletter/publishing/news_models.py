"""What the editors may write about: what saved searches found, and what feeds brought."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class SearchState(models.Model):
    """When a saved search was last asked and last answered; ``terms`` is what it asks for: other terms begin anew."""

    name = models.CharField(max_length=80, unique=True)
    terms = models.TextField(blank=True)
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class FoundTrial(models.Model):
    """A trial that a saved search brought. ``status`` is its overallStatus, or GONE where the search no longer brings it.

    ``since`` is when that status was first seen. ``mailed`` and ``shown`` are the status that editors were last told of by mail
    and on a screen, "" where they never were: a look at the screen takes nobody's mail away.
    """

    search = models.ForeignKey(SearchState, on_delete=models.CASCADE, related_name="found")
    nct_id = models.CharField(max_length=11)
    title = models.TextField()
    status = models.CharField(max_length=40)
    first_seen_at = models.DateTimeField()
    since = models.DateTimeField()
    mailed = models.CharField(max_length=40, blank=True, default="")
    shown = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["search", "nct_id"], name="one_found_trial_per_search")]

    def __str__(self) -> str:
        return f"{self.nct_id}: {self.status}"


class FeedState(models.Model):
    """What is needed to ask a feed only for what is new. ``failing_since`` is None while it can be read.

    ``etag`` and ``last_modified`` are what ``url`` said; another address knows nothing of them.
    """

    name = models.CharField(max_length=80, unique=True)
    url = models.TextField(blank=True, default="")
    etag = models.TextField(blank=True)
    last_modified = models.TextField(blank=True)
    pulled_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    failing_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class ClippingState(models.TextChoices):
    """What the editors did with a clipping."""

    NEW = "new", "nobody decided yet"
    KEPT = "kept", "for an issue to come"
    USED = "used", "stands in an issue"
    DISMISSED = "dismissed", "not for us"


class Clipping(models.Model):
    """A feed entry in the editors' inbox: title, link, date and a short excerpt in plain text, never the article.

    ``story`` is the same for the same entry in several feeds: SHA-256 in hex of its canonical link, else of title and date. Of
    those with one story the inbox shows the first that came. ``note`` is an editor's own, ``clipped_to`` the issue it is used in.
    """

    feed = models.ForeignKey(FeedState, on_delete=models.CASCADE, related_name="clippings")
    key = models.CharField(max_length=64)
    title = models.TextField()
    link = models.TextField()
    excerpt = models.TextField(blank=True)
    published_at = models.DateTimeField()
    first_seen_at = models.DateTimeField()
    story = models.CharField(max_length=64, blank=True, default="", db_index=True)
    state = models.CharField(max_length=10, choices=ClippingState.choices, default=ClippingState.NEW)
    note = models.TextField(blank=True, default="")
    clipped_to = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["feed", "key"], name="one_clipping_per_entry")]

    def __str__(self) -> str:
        return self.title
