"""The signed stamp in a public form: when it was shown, and with which wording of the consent.

People need some seconds to fill in a form, and programs that post to every form they find have never seen ours. A form without a
good stamp is not refused: it is shown again, filled in, for one more press. No cookie, no puzzle, and no third party.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core.signing import BadSignature, Signer

FASTEST: Final = timedelta(seconds=2)
"""Nobody types an address and ticks a box in less; a browser that fills in forms by itself needs a person's press as well."""

GOOD_FOR: Final = timedelta(days=1)
"""A form may stay open over a night."""

SALT: Final = "newsletter.subscribers.web.form_stamps"


@dataclass(frozen=True, slots=True)
class Stamp:
    """That a form was shown at a moment with a wording; ``again``: it was shown for one more press, which may come at once."""

    shown_at: datetime
    wording: str
    again: bool


def make_stamp(wording: str, *, now: datetime, again: bool = False) -> str:
    """Give the value of a form's hidden field."""
    return Signer(salt=SALT).sign_object([now.isoformat(), wording, again])


def read_stamp(text: str, *, now: datetime) -> Stamp | None:
    """Read a stamp; None when it is none of ours, too old, or when the form came back faster than people are."""
    try:
        shown_at, wording, again = Signer(salt=SALT).unsign_object(text)
    except (BadSignature, ValueError):
        return None
    stamp = Stamp(datetime.fromisoformat(shown_at), wording, again)
    took = now - stamp.shown_at
    return stamp if (timedelta(0) if again else FASTEST) <= took <= GOOD_FOR else None
