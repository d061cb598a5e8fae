"""Who did what: written in the transaction of the act itself, so that neither exists without the other."""

from __future__ import annotations

from datetime import datetime

from newsletter.publishing.models import AuditEntry


def record_act(act: str, subject: str, *, person: str, note: str, now: datetime, system_user: str) -> None:
    """Write down an act on ``subject`` (an issue's name, a clipping's title).

    ``person`` is a key of [people], empty where the program acted by itself; ``system_user`` the login it ran under. Call it in
    the transaction of the act. Subject and note never hold anything about a reader.
    """
    AuditEntry.objects.create(at=now, act=act, subject=subject[:120], person=person, system_user=system_user[:80], note=note)
