"""Service mails on their way. To whom they go and what they say is sealed, and forgotten once they are gone."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class PostState(models.TextChoices):
    """Where a service mail stands. ``emptying.POST_TRANSITIONS`` says what may follow what."""

    QUEUED = "queued", "to be sent"
    SENDING = "sending", "marked before the wire; a process holds it"
    ACCEPTED = "accepted", "the transport took it"
    FAILED = "failed", "refused for good, too often, or too late to be sent"
    UNKNOWN = "unknown", "lost sight of between marking and recording; never sent again by guess"


class ServiceMail(models.Model):
    """One mail to one person because of something they or we did.

    ``key`` is 32 random hex digits that travel as Message-ID and say nothing about the person; ``content`` is sealed for the row
    of that key, and empty once the mail is gone. ``lookup`` is the keyed hash of a reader whom it is for, so that it can be
    withdrawn; empty for mail to the newsletter's own people. ``claim`` names whoever marked it last; ``claimed_at`` is in seconds
    of the lease clock, ``claim_epoch`` names that clock. ``reason`` says why it failed or waits, and names nobody.
    """

    key = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=40)
    lookup = models.BinaryField(max_length=32, default=b"")
    content = models.BinaryField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=PostState.choices, default=PostState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True, default="")
    claim = models.CharField(max_length=32, blank=True, default="")
    claimed_at = models.FloatField(null=True)
    claim_epoch = models.CharField(max_length=64, blank=True, default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"], name="service_mail_due"),
            models.Index(fields=["lookup"], name="service_mail_of_reader"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Notice(models.Model):
    """Something that people are told of once: ``key`` names the occasion, such as the second day before a slot."""

    key = models.CharField(max_length=160, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
