"""What the calendar and the archive remember. The bytes that readers get live here from the first approval on."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from newsletter.publishing.news_models import Clipping, ClippingState, FeedState, FoundTrial, SearchState
from newsletter.publishing.trial_models import TrialCheck, TrialOverride, TrialStanding

__all__ = [
    "Approval",
    "AuditEntry",
    "Candidate",
    "Clipping",
    "ClippingState",
    "FeedState",
    "FoundTrial",
    "FrozenAsset",
    "FrozenEdition",
    "FrozenVariant",
    "HeldFor",
    "Objection",
    "ReviewAnswer",
    "ReviewNote",
    "ReviewRequest",
    "SearchState",
    "ShownAsset",
    "Slot",
    "SlotState",
    "TrialCheck",
    "TrialOverride",
    "TrialStanding",
]


class Candidate(models.Model):
    """The editions and the lock of an issue, frozen by the first approval or by a request for one. Its bytes never change.

    ``digest`` is SHA-256 over the editions' digests, the lock's, ``review_by`` and ``cards``. ``cards`` says what each trial card
    tells readers: ``{"NCT09990001": "open"}``. ``turn`` grows whenever the files of the issue turned into something else; the
    candidate with the highest one is the latest, also when the files went back to what they were before. ``corrects`` names the
    issue that a correction is for; it is part of the digest as well.
    """

    issue = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    lock = models.BinaryField()
    cards: models.JSONField[dict[str, str]] = models.JSONField(default=dict)
    review_by = models.DateField(null=True)
    corrects = models.CharField(max_length=40, blank=True, default="")
    turn = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issue", "digest"], name="one_candidate_per_digest"),
            models.UniqueConstraint(fields=["issue", "turn"], name="one_candidate_per_turn"),
        ]

    def __str__(self) -> str:
        return f"{self.issue} {self.digest[:12]}"


class FrozenEdition(models.Model):
    """One edition of a candidate, as newsletter.rendering.edition.Edition gives it; its own mail is the fullest variant."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="editions")
    language = models.CharField(max_length=12)
    written_in = models.CharField(max_length=12)
    title = models.TextField()
    subject = models.TextField()
    preheader = models.TextField()
    html = models.TextField()
    text = models.TextField()
    web = models.TextField()
    digest = models.CharField(max_length=64)
    topics: models.JSONField[list[str]] = models.JSONField(default=list)
    assets = models.ManyToManyField("publishing.FrozenAsset", through="publishing.ShownAsset")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["candidate", "language"], name="one_edition_per_language")]

    def __str__(self) -> str:
        return f"{self.candidate} {self.language}"


class FrozenVariant(models.Model):
    """The mail for readers who chose ``topics`` and no other topic of the edition; the order counts, as that of pictures does."""

    edition = models.ForeignKey(FrozenEdition, on_delete=models.CASCADE, related_name="narrower")
    topics: models.JSONField[list[str]] = models.JSONField(default=list)
    html = models.TextField()
    text = models.TextField()
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["edition", "position"], name="one_variant_per_position")]

    def __str__(self) -> str:
        return f"{self.edition_id}: {'+'.join(self.topics) or 'no topic'}"


class FrozenAsset(models.Model):
    """A picture or a calendar file of a frozen edition, published under its name."""

    name = models.CharField(max_length=120, unique=True)
    media_type = models.CharField(max_length=40)
    data = models.BinaryField()

    def __str__(self) -> str:
        return self.name


class ShownAsset(models.Model):
    """A picture's place in an edition; the order of the pictures is part of the edition's digest."""

    edition = models.ForeignKey(FrozenEdition, on_delete=models.CASCADE, related_name="shown")
    asset = models.ForeignKey(FrozenAsset, on_delete=models.PROTECT, related_name="shown")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["edition", "position"], name="one_asset_per_position")]

    def __str__(self) -> str:
        return f"{self.position}: {self.asset_id}"


class Approval(models.Model):
    """A named person's yes, in a role, to a candidate."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="approvals")
    role = models.CharField(max_length=20)
    person = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["candidate", "role"], name="one_approval_per_role"),
            models.UniqueConstraint(fields=["candidate", "person"], name="one_approval_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} as {self.role}: {self.candidate}"


class ReviewAnswer(models.TextChoices):
    """What became of a request for a review."""

    OPEN = "", "not answered yet"
    APPROVED = "approved", "the person said yes"
    CHANGES = "changes", "the person asked for changes"


class ReviewRequest(models.Model):
    """A person asked to look at a candidate, by a link of their own. Of its token only the SHA-256 is kept, in hex.

    ``turn`` is the candidate's when they were asked: the link ends when the files turn into something else. ``findings`` are
    those of the checks at that moment, each with its severity, rule, message, place and fix. ``mail`` is the one that carries
    the link.
    """

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="review_requests")
    turn = models.PositiveIntegerField()
    person = models.CharField(max_length=80)
    role = models.CharField(max_length=20)
    token_hash = models.CharField(max_length=64, unique=True)
    findings: models.JSONField[list[dict[str, str]]] = models.JSONField(default=list)
    asked_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=ReviewAnswer.choices, blank=True, default=ReviewAnswer.OPEN)
    answered_at = models.DateTimeField(null=True)
    mail = models.ForeignKey("postbox.ServiceMail", on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.person} asked as {self.role}: {self.candidate}"


class Objection(models.Model):
    """A named person's "not like this" to a candidate. It stands until that person approves it or there is another one."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="objections")
    turn = models.PositiveIntegerField()
    person = models.CharField(max_length=80)
    role = models.CharField(max_length=20)
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.person} objects as {self.role}: {self.candidate}"


class ReviewNote(models.Model):
    """What is to be changed: about a section (its anchor, its heading as it was) or, where both are empty, about all of it."""

    objection = models.ForeignKey(Objection, on_delete=models.CASCADE, related_name="notes")
    section = models.CharField(max_length=120, blank=True)
    heading = models.TextField(blank=True)
    text = models.TextField()

    def __str__(self) -> str:
        return f"{self.heading or 'all of it'}: {self.text[:40]}"


class SlotState(models.TextChoices):
    """Where a slot stands; publishing.calendar has the one table of what may follow what."""

    SCHEDULED = "scheduled", "waits for its hour"
    HELD = "held", "a person has to look first"
    RELEASED = "released", "its candidate was handed to delivery"


class HeldFor(models.TextChoices):
    """What a held slot waits for."""

    NOTHING = "", "it is not held"
    PERSON = "person", "somebody held it and will unhold it"
    APPROVAL = "approval", "it changed, or somebody objects; it goes on by itself when both approvals stand and nobody does"
    GATE = "gate", "the release gate refused; a person mends it, and new approvals, an override or an unhold let it go on"
    MISSED = "missed", "its hour is past by more than the grace; a person gives it a new one"
    RESTORE = "restore", "the database came from a backup; a person looks whether this issue went out already, and unholds"


class Slot(models.Model):
    """One date that the cadence, or a person, yields; the unique ``at`` decides between two schedulers.

    ``stops`` are the trials that the release gate held it for (newsletter.publishing.trial_gate.TrialStop), ``warnings`` what it
    was released in spite of; every step of the slot leaves both behind.
    """

    at = models.DateTimeField(unique=True)
    issue = models.CharField(max_length=40, unique=True)
    state = models.CharField(max_length=20, choices=SlotState.choices, default=SlotState.SCHEDULED)
    held_for = models.CharField(max_length=20, choices=HeldFor.choices, blank=True, default=HeldFor.NOTHING)
    reason = models.TextField(blank=True)
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, null=True, related_name="slots")
    stops: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list, blank=True)
    warnings: models.JSONField[list[str]] = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return f"{self.issue} at {self.at:%Y-%m-%d %H:%M} UTC"


class AuditEntry(models.Model):
    """Who did what, when, logged in as whom; never rewritten."""

    at = models.DateTimeField()
    act = models.CharField(max_length=40)
    subject = models.CharField(max_length=120)
    person = models.CharField(max_length=80, blank=True)
    system_user = models.CharField(max_length=80)
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.act} {self.subject}"
