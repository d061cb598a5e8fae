"""What is stored about readers. In clear are only states, languages and dates (docs/adr/0009)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class EndReason(models.TextChoices):
    """Why a subscription ended."""

    UNSUBSCRIBED = "unsubscribed", "the reader said goodbye on a page or by one-click"
    COMPLAINED = "complained", "the reader reported a mail as spam"
    BOUNCED = "bounced", "the address does not exist"
    DIED = "died", "somebody told us that the reader has died"
    STAFF = "staff", "ended by hand at the reader's request"
    IMPORTED = "imported", "already ended in the system that the list came from"


class Subscriber(models.Model):
    """A person.

    ``lookup`` is the keyed hash of the normalised address; ``contact`` the sealed address and first name; ``topics`` the
    sealed topic keys. ``snoozed_until`` is the first day on which mail goes out again.
    """

    lookup = models.BinaryField(max_length=32, unique=True)
    contact = models.BinaryField()
    topics = models.BinaryField()
    language = models.CharField(max_length=12)
    snoozed_until = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"subscriber {self.pk}"


class Subscription(models.Model):
    """The fact that a person asked for the newsletter: starts with a consent, ends with a reason, is never rewritten.

    ``public_id`` is eight random bytes that stand in the reader's links. Consent: the version of the wording, its
    language, when it was given, and how it came (form, import, paper).
    """

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="subscriptions")
    public_id = models.BinaryField(max_length=8, unique=True)
    consent_wording = models.CharField(max_length=40)
    consent_language = models.CharField(max_length=12)
    consent_source = models.CharField(max_length=40)
    consent_at = models.DateTimeField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, choices=EndReason.choices, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subscriber"], condition=Q(ended_at__isnull=True), name="one_open_subscription_per_subscriber"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="subscription_ends_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"subscription {self.pk}"


class SuppressionReason(models.TextChoices):
    """Why an address must not be mailed."""

    BOUNCED = "bounced", "mail to it comes back for good"
    COMPLAINED = "complained", "its owner reported a mail as spam"
    DIED = "died", "its owner has died"
    STAFF = "staff", "suppressed by hand"
    IMPORTED = "imported", "suppressed in the system that the list came from"


class Suppression(models.Model):
    """An address that must not be mailed, kept only as its keyed hash."""

    lookup = models.BinaryField(max_length=32, unique=True)
    reason = models.CharField(max_length=20, choices=SuppressionReason.choices)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"suppression {self.pk}"
