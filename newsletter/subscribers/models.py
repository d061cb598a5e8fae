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
    sealed topic keys. ``snoozed_until`` is the first day on which mail goes out again. ``address_since`` is when they moved to
    the address that they have now: what is reported of mail before that says nothing about it.
    """

    lookup = models.BinaryField(max_length=32, unique=True)
    contact = models.BinaryField()
    topics = models.BinaryField()
    language = models.CharField(max_length=12)
    snoozed_until = models.DateField(null=True, blank=True)
    address_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"subscriber {self.pk}"


class Subscription(models.Model):
    """The fact that a person asked for the newsletter: starts with a consent, ends with a reason, is never rewritten.

    ``public_id`` is eight random bytes that stand in the reader's links. Consent: the version of the wording, its
    language, when it was given, and how it came (form, import, paper). ``gave_reason``: they have said once why they left, which
    is kept only as a count.
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
    gave_reason = models.BooleanField(default=False, db_default=False)

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
    ERASED = "erased", "its owner asked to be forgotten; only their own sign-up lifts it"


class Suppression(models.Model):
    """An address that must not be mailed, kept only as its keyed hash."""

    lookup = models.BinaryField(max_length=32, unique=True)
    reason = models.CharField(max_length=20, choices=SuppressionReason.choices)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"suppression {self.pk}"


class RequestKind(models.TextChoices):
    """What somebody asked for on a page where they could only type an address."""

    SIGN_UP = "sign-up", "the newsletter"
    LOST_LINK = "lost-link", "the link to their own page"


class ReaderRequest(models.Model):
    """What somebody typed into a public form, not looked at yet.

    A page writes this row and answers, the same for every address: whether the address is known is found out later, by whoever
    handles the requests, so that neither words nor time tell it. ``key`` is 32 random hex digits; ``content`` is sealed for the
    row of that key, and empty once it is handled. ``network`` is the keyed hash of where it came from. Both hashes are there to
    count by, and are purged soon.
    """

    key = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=20, choices=RequestKind.choices)
    lookup = models.BinaryField(max_length=32)
    network = models.BinaryField(max_length=32)
    content = models.BinaryField()
    language = models.CharField(max_length=12)
    asked_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], condition=Q(handled_at__isnull=True), name="reader_request_waiting"),
            models.Index(fields=["network", "asked_at"], name="reader_request_of_network"),
            models.Index(fields=["lookup", "asked_at"], name="reader_request_of_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class LinkPurpose(models.TextChoices):
    """What a mailed link is for."""

    CONFIRM = "confirm", "say yes to the newsletter"
    FRESH = "fresh", "see, change, take along or erase what is stored"
    ADDRESS = "address", "move to the address that it was mailed to"


class MailedLink(models.Model):
    """A link that was mailed to one address and ends soon. Only the SHA-256 of its token is kept.

    ``lookup`` is that of the address it was mailed to; ``subscriber`` whom it is about, where they are one. ``content`` is sealed
    for the row of the digest, and empty once it is used. ``page`` is the SHA-256 of a random value in the page whose button was
    pressed first: a link is good for that one page, also when its button is pressed twice.
    """

    digest = models.BinaryField(max_length=32, unique=True)
    purpose = models.CharField(max_length=10, choices=LinkPurpose.choices)
    lookup = models.BinaryField(max_length=32)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, null=True, blank=True, related_name="mailed_links")
    content = models.BinaryField()
    language = models.CharField(max_length=12)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    page = models.BinaryField(max_length=32, default=b"")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["lookup", "purpose", "made_at"], name="mailed_link_of_address"),
            models.Index(fields=["expires_at"], name="mailed_link_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} link {self.pk}"


class ErasureReason(models.TextChoices):
    """Why somebody is erased."""

    ASKED = "asked", "they asked for it on their page"
    DIED = "died", "somebody told us that they have died; thirty days later"
    STAFF = "staff", "erased by hand at their request"
    RETENTION = "retention", "they left longer ago than what is kept"


class Erasure(models.Model):
    """Somebody who is to be forgotten: when, why, and whether that is done. Afterwards only ``lookup`` is left of them."""

    lookup = models.BinaryField(max_length=32)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.SET_NULL, null=True, blank=True, related_name="erasures")
    reason = models.CharField(max_length=20, choices=ErasureReason.choices)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lookup"], condition=Q(done_at__isnull=True), name="one_open_erasure_per_address")
        ]
        indexes: ClassVar = [models.Index(fields=["due_at"], condition=Q(done_at__isnull=True), name="erasure_due")]

    def __str__(self) -> str:
        return f"erasure {self.pk}"


class ErasureStep(models.Model):
    """One place from which an erasure takes somebody; a step that fails is tried again until it is done.

    ``content`` is what the step needs to know (sealed for this row's ``key``), and empty once it is done.
    """

    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=40)
    key = models.CharField(max_length=32, unique=True)
    content = models.BinaryField()
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    problem = models.CharField(max_length=200, blank=True, default="")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["erasure", "name"], name="one_step_of_a_name_per_erasure")]
        indexes: ClassVar = [models.Index(fields=["due_at"], condition=Q(done_at__isnull=True), name="erasure_step_due")]

    def __str__(self) -> str:
        return f"{self.name} of {self.erasure}"


class FarewellCount(models.Model):
    """How many people gave a reason for leaving in a month: a count, and nobody's name."""

    reason = models.CharField(max_length=40)
    month = models.DateField()
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["reason", "month"], name="one_count_per_reason_and_month")]

    def __str__(self) -> str:
        return f"{self.reason} in {self.month:%Y-%m}: {self.number}"


class ImportRun(models.Model):
    """A list that is being taken in, or was: how far, so that it goes on after a crash where it ended.

    ``fingerprint`` is the SHA-256 of the file and of what was said about it; ``through`` the last line that is stored; ``counts``
    what became of the lines so far, without anything out of them.
    """

    fingerprint = models.BinaryField(max_length=32, unique=True)
    through = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"import {self.pk}"
