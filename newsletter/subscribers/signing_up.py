"""What is done with a public form that was sent, by our own page or by a script of ours on somebody else's."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from newsletter.subscribers.addresses import parse_address, parse_typed_name
from newsletter.subscribers.installation import choices
from newsletter.subscribers.models import RequestKind
from newsletter.subscribers.requests import write_request
from newsletter.subscribers.web.form_stamps import read_stamp
from newsletter.subscribers.web.sign_up_form import TypedForm


class Outcome(StrEnum):
    """What becomes of a form. None of it says anything about the address."""

    PROBLEMS = "problems"
    """Something in it is wrong; nothing was written down."""
    AGAIN = "again"
    """It needs one more press; nothing was written down."""
    TAKEN = "taken"
    """It was written down, or it came from a program that wants nothing of us, or from where too many come from."""


def take_sign_up(typed: TypedForm, *, pressed: bool, network: bytes, now: datetime) -> Outcome:
    """Write down that somebody wants the newsletter, if the form is whole and a person sent it."""
    if typed.problems:
        return Outcome.PROBLEMS
    stamp = read_stamp(typed.stamp, now=now)
    if stamp is None or stamp.wording not in choices().wordings or not pressed:  # that of another form names no wording
        return Outcome.AGAIN
    if not typed.trapped:
        values = [parse_address(typed.address), parse_typed_name(typed.first_name), stamp.wording]
        write_request(RequestKind.SIGN_UP, values, network=network, language=typed.language, now=now)
    return Outcome.TAKEN


def take_lost_link(typed: TypedForm, *, pressed: bool, network: bytes, language: str, now: datetime) -> Outcome:
    """Write down that somebody wants the link to their own page."""
    if typed.problems:
        return Outcome.PROBLEMS
    if read_stamp(typed.stamp, now=now) is None or not pressed:
        return Outcome.AGAIN
    if not typed.trapped:
        values = [parse_address(typed.address)]
        write_request(RequestKind.LOST_LINK, values, network=network, language=language, now=now)
    return Outcome.TAKEN
