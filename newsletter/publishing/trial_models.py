"""What is remembered of trials beside the lock: when they were asked about, who answered for them, how they stand today."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class TrialCheck(models.Model):
    """When a trial was last asked about, and what was answered; beside the lock, so that the lock's bytes stay."""

    issue = models.CharField(max_length=40)
    nct_id = models.CharField(max_length=11)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["issue", "nct_id"], name="one_check_per_trial_and_issue")]

    def __str__(self) -> str:
        return f"{self.nct_id}: {self.answer}"


class TrialOverride(models.Model):
    """A named person's "send these bytes anyway" about one trial of a candidate, with the reason.

    It holds for exactly what the registry said then: ``answer`` is its status, ``absent``, or ``could not check``.
    """

    candidate = models.ForeignKey("publishing.Candidate", on_delete=models.CASCADE, related_name="trial_overrides")
    nct_id = models.CharField(max_length=11)
    answer = models.CharField(max_length=40)
    person = models.CharField(max_length=80)
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["candidate", "nct_id", "answer"], name="one_override_per_trial_and_answer")
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.nct_id} of {self.candidate} although {self.answer}"


class TrialStanding(models.Model):
    """What the registry last said of a trial that stands in an issue, whichever one: for what comes after the approval.

    ``status`` is its overallStatus, ``absent``, or "" while it was never answered; ``since`` is when that status was first seen,
    ``facts`` the last answer as a lock has it. ``closed_since`` is the day on which it was seen to take nobody any more, which
    stays when it opens again. ``asked_at`` is when somebody last began to ask, ``answered_at`` when the last answer came.
    """

    nct_id = models.CharField(max_length=11, unique=True)
    status = models.CharField(max_length=40, blank=True, default="")
    since = models.DateTimeField(null=True)
    facts: models.JSONField[dict[str, object]] = models.JSONField(default=dict)
    closed_since = models.DateField(null=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.nct_id}: {self.status or 'never answered'}"
