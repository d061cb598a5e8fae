"""What is reported of service mails by whoever carries them: it settles what our own answer left open."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from newsletter.postbox.emptying import POST_TRANSITIONS
from newsletter.postbox.models import PostState, ServiceMail


def settle_reported(keys: Collection[str], state: PostState, *, reason: str, now: datetime) -> set[str]:
    """Settle the service mails with these keys as reported, from every state that may become ``state``; give the keys there are.

    ``reason`` names nobody. What is settled needs its content no more, and it is forgotten. At most 1,000 keys.
    """
    ours = ServiceMail.objects.filter(key__in=sorted(keys))
    before = {source for source, following in POST_TRANSITIONS.items() if state in following}
    if state is PostState.FAILED:
        # What waits for its next attempt is to have it, whatever became of the last one.
        before.discard(PostState.QUEUED)
    ours.filter(state__in=before).update(state=state, reason=reason[:200], content=b"", settled_at=now)
    return set(ours.values_list("key", flat=True))
