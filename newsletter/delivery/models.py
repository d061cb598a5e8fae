"""The ledger: what was to be sent to whom, and what is known of it. Its states change only in newsletter.delivery.ledger."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from newsletter.publishing.models import Candidate, Slot
from newsletter.subscribers.models import Subscription


class SendState(models.TextChoices):
    """Where a send stands. ``steering.SEND_TRANSITIONS`` says what may follow what."""

    PREPARING = "preparing", "its audience is being frozen"
    RUNNING = "running", "its batches are being delivered"
    PAUSED = "paused", "nothing of it is begun until a person resumes it"
    CANCELLING = "cancelling", "what is queued is being excluded; what is on the wire is finished"
    DONE = "done", "every delivery is accepted, failed, excluded or unknown"
    CANCELLED = "cancelled", "a person ended it before everybody was mailed; every delivery is settled as when it is done"


class PausedFor(models.TextChoices):
    """What a paused send waits for."""

    NOTHING = "", "it is not paused"
    PERSON = "person", "somebody paused it"
    ERRORS = "errors", "too many mails were refused: for what we are, or one after the other"
    AGE = "age", "it stood still for longer than the settings let it go on by itself"
    RESTORE = "restore", "the database came from a backup, and may not know whom it mailed since"


class Send(models.Model):
    """One distribution of a candidate to a frozen audience.

    ``slot`` and ``issue`` are unique: nothing starts a second send of an issue. ``frozen`` is how many deliveries the audience
    had; ``through`` the subscription id up to which it is frozen so far, ``last`` the highest one that belongs to it.
    ``corrects`` is the send whose readers a correction goes to. ``paused_for`` and ``reason`` say why it is paused, or who
    ended it; of one that runs, ``reason`` says what keeps it from going on. ``spread_seconds`` is the time over which its
    deliveries become due. ``seen_failed`` and ``seen_accepted`` are as many as there were when a person resumed it: whether it
    pauses itself is judged by those that came after.
    """

    slot = models.OneToOneField(Slot, on_delete=models.PROTECT, related_name="send")
    issue = models.CharField(max_length=40, unique=True)
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="sends")
    transport = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=SendState.choices, default=SendState.PREPARING)
    paused_for = models.CharField(max_length=20, choices=PausedFor.choices, blank=True, default=PausedFor.NOTHING)
    reason = models.TextField(blank=True, default="")
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="corrections")
    spread_seconds = models.FloatField(default=0)
    seen_failed = models.BigIntegerField(default=0, db_default=0)
    seen_accepted = models.BigIntegerField(default=0, db_default=0)
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
    seconds of the lease clock, ``lease_epoch`` names that clock (one boot of this machine, or the database server). ``size`` is
    how many deliveries it holds: the closed ones are summed up without being counted.
    """

    send = models.ForeignKey(Send, on_delete=models.CASCADE, related_name="batches", db_index=False)  # batch_open begins with it
    language = models.CharField(max_length=12)
    size = models.PositiveIntegerField(default=0)
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
    """Whether a message left our hands. ``handovers.HANDOVER_TRANSITIONS`` says what may follow what."""

    QUEUED = "queued", "to be sent"
    SENDING = "sending", "marked before the wire; a worker holds it"
    ACCEPTED = "accepted", "the transport took it"
    FAILED = "failed", "refused for good, or after the last attempt"
    UNKNOWN = "unknown", "lost sight of between marking and recording; never sent again without evidence"
    EXCLUDED = "excluded", "not to be mailed, with the reason"


class Outcome(models.TextChoices):
    """What was reported after the handover. Later words outrank earlier ones by ``handovers.OUTCOME_RANK``."""

    NONE = "", "nothing reported yet"
    DEFERRED = "deferred", "the receiving server asked to wait"
    DELIVERED = "delivered", "the receiving server took it"
    BOUNCED = "bounced", "it came back"
    COMPLAINED = "complained", "its reader reported it as spam"


class BounceKind(models.TextChoices):
    """What a bounce says about the address (RFC 3463)."""

    NONE = "", "it did not bounce"
    HARD = "hard", "the address does not exist"
    SOFT = "soft", "full, too large, or a passing fault"
    POLICY = "policy", "refused for what we are or for what the mail says; the address is not to blame"


class ProviderCall(models.Model):
    """A call to a provider that can be called back until ``send_at`` (Unix seconds); ``ref`` is the provider's name for it.

    It is stored before the call: after a crash it can be cancelled, and whoever was in it is certainly not mailed.
    ``cancelling``: we have asked for that, or are about to; ``cancelled``: the provider has confirmed it in time.
    """

    ref = models.CharField(max_length=100, unique=True)
    send_at = models.FloatField()
    cancelling = models.BooleanField(default=False, db_default=False)
    cancelled = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.ref


class Delivery(models.Model):
    """One subscriber in one send.

    ``key`` is 32 random hex digits that travel as Message-ID and as SendGrid's custom argument; it says nothing about the
    person. ``reason`` says why it is excluded or failed, ``bounce`` of which kind its bounce was. ``due_at`` (Unix seconds)
    holds a retry back, and says of an unknown one by when it was lost sight of. ``handed_over_at`` is kept to the hour, as are
    the moments of events: mails that are alike may leave together. A million are written before the first mail leaves: an
    index that another one begins with is left out.
    """

    key = models.CharField(max_length=32, unique=True)
    send = models.ForeignKey(Send, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.SET_NULL, null=True)
    handover = models.CharField(max_length=10, choices=Handover.choices, default=Handover.QUEUED)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default=Outcome.NONE)
    bounce = models.CharField(max_length=10, choices=BounceKind.choices, blank=True, default=BounceKind.NONE)
    reason = models.CharField(max_length=200, blank=True, default="")
    call = models.ForeignKey(ProviderCall, on_delete=models.SET_NULL, null=True, related_name="deliveries", db_index=False)
    attempts = models.SmallIntegerField(default=0)
    due_at = models.FloatField(default=0)
    handed_over_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["send", "subscription"], name="one_delivery_per_reader_and_send")
        ]
        indexes: ClassVar = [
            models.Index(fields=["batch", "handover", "due_at"], name="delivery_due_in_batch"),
            models.Index(fields=["call"], condition=models.Q(call__isnull=False), name="delivery_in_call"),
            models.Index(fields=["send", "bounce"], condition=models.Q(bounce__gt=""), name="delivery_bounced"),
        ]

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


class KeptCounts(models.Model):
    """What stays of a send when it is forgotten who got it: everything that its report counts, and nobody's name.

    It is stored before the first delivery is deleted, and from then on the report is made of it. ``emptied_at`` is when the last
    one was.
    """

    send = models.OneToOneField(Send, on_delete=models.CASCADE, related_name="kept_counts")
    counts: models.JSONField[dict[str, Any]] = models.JSONField()
    made_at = models.DateTimeField()
    emptied_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"counts of {self.send}"


class Pace(models.Model):
    """How much of a transport's rate is left: a token bucket that all workers share, on the leases' clock."""

    transport = models.CharField(max_length=20, unique=True)
    tokens = models.FloatField(default=0)
    filled_at = models.FloatField(default=0)
    epoch = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.transport}: {self.tokens:g}"


class Progress(models.Model):
    """How many deliveries of a send were settled by a moment: a count now and then, for rate, time left and time line."""

    send = models.ForeignKey(Send, on_delete=models.CASCADE, related_name="progress")
    at = models.DateTimeField()
    settled = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["send", "at"], name="progress_of_send")]

    def __str__(self) -> str:
        return f"{self.send_id}: {self.settled} at {self.at:%H:%M:%S}"


class Installation(models.Model):
    """What a database knows of itself; one row. ``ring`` is the fingerprint of the key ring that seals what is stored.

    ``backed_up_at`` is when the latest backup was begun: in the backup itself, its own. ``generation`` grows whenever a
    batch is begun or given back: a database that is behind what this machine has seen is an old copy. ``purged_at`` is when what
    is kept no longer was last forgotten.
    """

    ring = models.CharField(max_length=64, blank=True, default="")
    backed_up_at = models.DateTimeField(null=True)
    generation = models.BigIntegerField(default=0)
    purged_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"installation {self.ring}"
