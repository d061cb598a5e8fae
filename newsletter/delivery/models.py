"""The ledger: what was to be sent to whom, and what is known of it. Its states change only in newsletter.delivery.ledger."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from newsletter.publishing.models import Candidate, Slot
from newsletter.subscribers.models import Subscription


class SendState(models.TextChoices):
    """Where a send stands."""

    PREPARING = "preparing", "its audience is being frozen"
    RUNNING = "running", "its batches are being delivered"
    DONE = "done", "every delivery is accepted, failed, excluded or unknown"


class Send(models.Model):
    """One distribution of a candidate to a frozen audience.

    ``slot`` and ``issue`` are unique: nothing starts a second send of an issue. ``frozen`` is how many deliveries the audience
    had; ``through`` the subscription id up to which it is frozen so far, ``last`` the highest one that belongs to it.
    """

    slot = models.OneToOneField(Slot, on_delete=models.PROTECT, related_name="send")
    issue = models.CharField(max_length=40, unique=True)
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="sends")
    transport = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=SendState.choices, default=SendState.PREPARING)
    through = models.BigIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    frozen = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    prepared_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"send of {self.issue}"


class Batch(models.Model):
    """Up to 1,000 deliveries of one language, claimed together by a worker.

    ``fence`` grows with every claim; a worker acts only while it still holds the fence it claimed with. ``leased_at`` is in
    seconds of the lease clock, ``lease_epoch`` names that clock (one boot of this machine, or the database server).
    """

    send = models.ForeignKey(Send, on_delete=models.CASCADE, related_name="batches")
    language = models.CharField(max_length=12)
    fence = models.BigIntegerField(default=0)
    worker = models.CharField(max_length=80, blank=True)
    leased_at = models.FloatField(null=True)
    lease_epoch = models.CharField(max_length=64, blank=True)
    done = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["send", "done"], name="batch_open")]

    def __str__(self) -> str:
        return f"batch {self.pk} of {self.send}"


class Handover(models.TextChoices):
    """Whether a message left our hands. ``ledger.HANDOVER_TRANSITIONS`` says what may follow what."""

    QUEUED = "queued", "to be sent"
    SENDING = "sending", "marked before the wire; a worker holds it"
    ACCEPTED = "accepted", "the transport took it"
    FAILED = "failed", "refused for good, or after the last attempt"
    UNKNOWN = "unknown", "lost sight of between marking and recording; never sent again without evidence"
    EXCLUDED = "excluded", "not to be mailed, with the reason"


class Outcome(models.TextChoices):
    """What was reported after the handover. Later words outrank earlier ones by ``ledger.OUTCOME_RANK``."""

    NONE = "", "nothing reported yet"
    DEFERRED = "deferred", "the receiving server asked to wait"
    DELIVERED = "delivered", "the receiving server took it"
    BOUNCED = "bounced", "it came back"
    COMPLAINED = "complained", "its reader reported it as spam"


class Delivery(models.Model):
    """One subscriber in one send.

    ``key`` is 32 random hex digits that travel as Message-ID and as SendGrid's custom argument; it says nothing about the
    person. ``reason`` says why it is excluded or failed. ``due_at`` (seconds of the Unix clock) holds a retry back.
    ``handed_over_at`` is kept to the hour, as are the moments of events: mails that are alike may leave together.
    """

    key = models.CharField(max_length=32, unique=True)
    send = models.ForeignKey(Send, on_delete=models.CASCADE, related_name="deliveries")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="deliveries")
    subscription = models.ForeignKey(Subscription, on_delete=models.SET_NULL, null=True)
    handover = models.CharField(max_length=10, choices=Handover.choices, default=Handover.QUEUED)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default=Outcome.NONE)
    reason = models.CharField(max_length=200, blank=True, default="")
    attempts = models.SmallIntegerField(default=0)
    due_at = models.FloatField(default=0)
    handed_over_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["send", "subscription"], name="one_delivery_per_reader_and_send")
        ]
        indexes: ClassVar = [models.Index(fields=["batch", "handover"], name="delivery_in_batch")]

    def __str__(self) -> str:
        return f"delivery {self.key}"


class Event(models.Model):
    """What a provider reported about a delivery; ``dedupe`` is unique, so that a repeated report changes nothing."""

    dedupe = models.CharField(max_length=64, unique=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, null=True, related_name="events")
    kind = models.CharField(max_length=40)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} for {self.delivery_id}"
