"""The named steps of a send, and the blow that a process deals itself at one of them.

Nothing in the product knows of this: its functions are wrapped in the worker's process, by name, and a name that is no longer
there is an error.
"""

from __future__ import annotations

import functools
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

BLOWS: Final = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


@dataclass(frozen=True, slots=True)
class NamedStep:
    """A place in the product: a function by ``module:attribute``, and when passing it counts.

    ``at`` looks at the call's arguments and its result; with ``before`` the blow falls before the function is called.
    """

    where: str
    at: Callable[[tuple[Any, ...], dict[str, Any], Any], bool] = lambda *_: True
    before: bool = False


def _marks(_: tuple[Any, ...], named: dict[str, Any], __: Any) -> bool:
    return named.get("target") == "sending"


def _marked(_: tuple[Any, ...], __: dict[str, Any], step: Any) -> bool:
    return bool(step.marked)


def _recorded(_: tuple[Any, ...], named: dict[str, Any], __: Any) -> bool:
    return bool(named["records"])


def _was_accepted(given: tuple[Any, ...], _: dict[str, Any], __: Any) -> bool:
    return bool(given[0].kind == "accepted")


def _gave_something(_: tuple[Any, ...], __: dict[str, Any], result: Any) -> bool:
    return bool(result)


SENDING_STEPS: Final[Mapping[str, NamedStep]] = {
    "about to claim": NamedStep("newsletter.delivery.ledger_thread:LedgerThread._claim_next", before=True),
    "claimed, not committed": NamedStep("newsletter.delivery.ledger_thread:claim_batch", _gave_something),
    "claimed": NamedStep("newsletter.delivery.ledger_thread:LedgerThread._claim_next", _gave_something),
    "marked, not committed": NamedStep("newsletter.delivery.ledger:move_deliveries", _marks),
    "marked": NamedStep("newsletter.delivery.ledger_thread:take_step", _marked),
    "recorded, not committed": NamedStep("newsletter.delivery.ledger:record", lambda given, *_: bool(given[1])),
    "recorded": NamedStep("newsletter.delivery.ledger_thread:take_step", _recorded),
    "left, not committed": NamedStep("newsletter.delivery.ledger_thread:leave_batch"),
}
"""Those that every transport passes."""

FREEZING_STEPS: Final[Mapping[str, NamedStep]] = {
    "batch frozen, not committed": NamedStep("newsletter.delivery.preparing:_insert_batch"),
    "chunk frozen": NamedStep("newsletter.delivery.preparing:_freeze_chunk", _gave_something),
    "set running": NamedStep("newsletter.delivery.preparing:_set_running"),
}

SMTP_STEPS: Final[Mapping[str, NamedStep]] = {
    "before the wire (smtp)": NamedStep("newsletter.delivery.transports.smtp_session:SmtpSession.write_message", before=True),
    "on the wire (smtp)": NamedStep("newsletter.delivery.transports.smtp_session:SmtpSession.write_message"),
    "answered (smtp)": NamedStep("newsletter.delivery.runner:record_for", _was_accepted),
}

SENDGRID_STEPS: Final[Mapping[str, NamedStep]] = {
    "before the wire (sendgrid)": NamedStep("httpx:Client.send", before=True),
    "connected (sendgrid)": NamedStep("httpcore:HTTPConnection._connect"),
    "off the wire (sendgrid)": NamedStep("httpx:Client.send"),
    "answered (sendgrid)": NamedStep("newsletter.delivery.runner:Runner._take_group"),
}

CANCELLING_STEPS: Final[Mapping[str, NamedStep]] = {
    "cancelling": NamedStep("tests.chaos.acts:cancel_send"),
    "batch excluded, not committed": NamedStep("newsletter.delivery.sweeping:exclude_queued"),
    "batch excluded": NamedStep("newsletter.delivery.sweeping:_sweep_batch", _gave_something),
}

PUTTING_BACK_STEPS: Final[Mapping[str, NamedStep]] = {
    "put back, not committed": NamedStep("newsletter.delivery.reconciling:put_back"),
    "put back": NamedStep("tests.chaos.acts:by_word"),
}

GATE_STEPS: Final[Mapping[str, NamedStep]] = {
    "about to ask the registry": NamedStep("newsletter.delivery.sending:ask_before_send", before=True),
    "asked, not written down": NamedStep("newsletter.publishing.trial_checks:record_asked", before=True),
    "asked": NamedStep("newsletter.delivery.sending:ask_before_send"),
    "slot moved, not committed": NamedStep("newsletter.publishing.releasing:move_slot"),
    "gate's word, not committed": NamedStep("newsletter.delivery.sending:release_slot"),
    "looked at": NamedStep("newsletter.delivery.sending:_start_slot"),
}
"""Those of a look at a due slot, whatever comes of it."""

STEPS: Final = {
    **FREEZING_STEPS,
    **SENDING_STEPS,
    **SMTP_STEPS,
    **SENDGRID_STEPS,
    **CANCELLING_STEPS,
    **PUTTING_BACK_STEPS,
    **GATE_STEPS,
}


def strike_at(step: str, *, passing: int, blow: str) -> None:
    """See to it that this process deals itself ``blow`` when it passes ``step`` for the ``passing``-th time."""
    named = STEPS[step]
    passed = 0

    def strike(given: tuple[Any, ...], by_name: dict[str, Any], result: Any) -> None:
        nonlocal passed
        if named.at(given, by_name, result):
            passed += 1
            if passed == passing:
                # To the thread itself: it would go on until another one has taken a signal to the process.
                signal.pthread_kill(threading.get_ident(), BLOWS[blow])

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def struck(*given: Any, **by_name: Any) -> Any:
            if named.before:
                strike(given, by_name, None)
            result = function(*given, **by_name)
            if not named.before:
                strike(given, by_name, result)
            return result

        return struck

    replace(named.where, wrap)


def replace(where: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put what ``make`` makes of a function into its place, ``module:attribute`` or ``module:Class.attribute``."""
    module, _, path = where.partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, import_module(module))
    setattr(owner, name, make(getattr(owner, name)))
