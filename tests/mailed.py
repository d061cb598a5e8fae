"""What waits in the postbox for readers, opened; and the tokens of the links in it."""

from __future__ import annotations

import re
from datetime import datetime

from newsletter.postbox.models import PostState, ServiceMail
from newsletter.postbox.posting import ServiceContent, open_content
from newsletter.subscribers.fresh_links import mail_fresh_link
from newsletter.subscribers.moving import AskKind, ask_move
from tests.readers import SignedUp


def mails(kind: str = "") -> list[ServiceContent]:
    """Open the waiting mails, of one kind or of all, the oldest first."""
    waiting = ServiceMail.objects.filter(state=PostState.QUEUED).order_by("pk")
    return [open_content(mail.key, mail.content) for mail in (waiting.filter(kind=kind) if kind else waiting)]


def token_in(text: str) -> str:
    """Give the token of the mailed link in a mail."""
    found = re.search(r"/(?:my-data|address|confirm)/([\w-]+)", text)
    assert found is not None
    return found[1]


def fresh_token(reader: SignedUp, *, now: datetime) -> str:
    """Have a fresh link mailed to a reader; give its token."""
    assert mail_fresh_link(reader.subscription_id, now=now)
    return token_in(mails("my-data")[-1].text)


def move_token(reader: SignedUp, address: str, *, now: datetime) -> str:
    """Have a reader ask to move; give the token that was mailed to the new address."""
    assert ask_move(reader.subscriber().pk, address, now=now) is AskKind.ASKED
    return token_in(mails("address-confirm")[-1].text)
