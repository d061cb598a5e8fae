"""What staff do when somebody asks to be forgotten or left alone, has died, or was said to have died by mistake."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from django.conf import settings
from django.db import transaction

from newsletter.cli.acting import system_user
from newsletter.cli.addressing import typed_address
from newsletter.cli.arguments import FormatOption, PersonOption, person
from newsletter.cli.printing import OutputFormat, console, counted, print_json, print_table
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.errors import NotAllowedError, UsageError
from newsletter.project.retention.purging import overwrite_what_is_deleted
from newsletter.publishing.audit import record_act
from newsletter.subscribers.erasing import ask_erasure, ask_erasure_of_stranger, lift_suppression, say_died, undo_death
from newsletter.subscribers.erasure_steps import run_erasures
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import EndReason, ErasureReason, Subscriber, Subscription, SuppressionReason
from newsletter.subscribers.open_erasures import standing_erasures
from newsletter.subscribers.reader_mails import withdraw_mails
from newsletter.subscribers.subscribing import end_subscription
from newsletter.subscribers.suppressing import suppress as suppress_address

DONE_SHOWN = 10

AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's e-mail address.")]


def erase(
    address: AddressArgument,
    who: PersonOption,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False,
) -> None:
    """Forget a person who asked for it: nothing is mailed to them from now on, and only a keyed hash of the address stays.

    There is no way back. Written into the audit log, without the address.
    """
    _require_person(who)
    lookup = sealer().lookup(typed_address(address))
    subscriber = Subscriber.objects.filter(lookup=lookup).values_list("pk", flat=True).first()
    _ask_whether_sure("Everything stored about this person is forgotten for good. Go on?", yes=yes)
    now = system_clock()
    overwrite_what_is_deleted()
    with transaction.atomic():
        if subscriber is None:
            ask_erasure_of_stranger(lookup, now=now)
        else:
            ask_erasure(subscriber, reason=ErasureReason.STAFF, now=now)
        record_act("erase", "a reader", person=who, note="", now=now, system_user=system_user())
    run_erasures(now=now)
    waiting = [step for one in standing_erasures(latest=0) for step in one.waiting]
    if subscriber is None:
        console.print("Nobody is subscribed with this address; what else was stored of it is forgotten.")
    else:
        console.print("They are mailed no more, and are forgotten.")
    if waiting:
        console.print(
            f"{counted(len(waiting), 'step')} of erasures will be tried again until done: newsletter subscribers erasures",
            style="yellow",
            markup=False,
        )


def died(address: AddressArgument, who: PersonOption) -> None:
    """Write down that a reader has died: nothing is ever sent to them again, and in thirty days they are forgotten.

    Until then it can be taken back: revive. Written into the audit log, without the address.
    """
    _require_person(who)
    now = system_clock()
    latest = Subscription.objects.filter(subscriber__lookup=sealer().lookup(typed_address(address))).order_by("-pk").first()
    if latest is None:
        raise UsageError("Nobody is stored with this address.")
    with transaction.atomic():
        say_died(latest.pk, now=now)
        record_act("died", "a reader", person=who, note="", now=now, system_user=system_user())
    console.print(
        "Nothing is sent to them any more. In thirty days they are forgotten; until then: newsletter subscribers revive"
    )


def revive(address: AddressArgument, who: PersonOption) -> None:
    """Take back that a reader has died: they get the next issue again, with the consent that they had given.

    Possible for thirty days after it was said. Written into the audit log, without the address.
    """
    _require_person(who)
    now = system_clock()
    with transaction.atomic():
        again = undo_death(sealer().lookup(typed_address(address)), now=now)
        record_act("revive", "a reader", person=who, note="", now=now, system_user=system_user())
    console.print(
        "Undone: they are subscribed again, as before."
        if again
        else "Undone. They were not subscribed when it was said, and are not now."
    )


def suppress(
    address: AddressArgument,
    who: PersonOption,
    note: Annotated[str, typer.Option("--note", metavar="WHY", help="Why it must not be mailed; nothing about the person.")],
) -> None:
    """Never mail an address again, whoever types it into a form or a list. A subscription with it ends.

    Taken back by lift. Written into the audit log with your note, without the address.
    """
    _require_person(who)
    if not note.strip():
        raise UsageError("Say why with --note: whoever reads the audit log later will ask.")
    lookup, now = sealer().lookup(typed_address(address)), system_clock()
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update().filter(lookup=lookup).first()
        suppress_address(lookup, reason=SuppressionReason.STAFF, now=now)
        for one in subscriber.subscriptions.filter(ended_at__isnull=True) if subscriber else ():
            end_subscription(one.pk, reason=EndReason.STAFF, now=now)
        withdraw_mails(lookup, now=now)
        record_act("suppress", "an address", person=who, note=note.strip(), now=now, system_user=system_user())
    console.print("Nothing is mailed to this address any more. To take it back: newsletter subscribers lift")


def lift(
    address: AddressArgument,
    who: PersonOption,
    note: Annotated[str, typer.Option("--note", metavar="WHY", help="Why it may be mailed again; nothing about the person.")],
) -> None:
    """Take a suppression away: an address may be mailed again, once its owner signs up. It subscribes nobody.

    Written into the audit log with your note, without the address.
    """
    _require_person(who)
    if not note.strip():
        raise UsageError("Say why with --note: whoever reads the audit log later will ask.")
    with transaction.atomic():
        reason = lift_suppression(sealer().lookup(typed_address(address)))
        if reason is None:
            raise NotAllowedError("This address is not suppressed: nothing was changed.")
        kind = f"a suppression ({reason.value})"
        record_act("lift", kind, person=who, note=note.strip(), now=system_clock(), system_user=system_user())
    console.print(f"Lifted. It was suppressed because: {reason.label.partition(';')[0]}. They can sign up again.", markup=False)


def erasures(*, output: FormatOption = OutputFormat.TEXT) -> None:
    """Show who is still being forgotten and what that waits for, and the latest that are done. Nobody is named."""
    found = standing_erasures(latest=DONE_SHOWN)
    if output is OutputFormat.JSON:
        print_json(found)
        return
    rows = [
        (
            str(one.erasure_id),
            one.reason,
            f"{one.asked_at:%Y-%m-%d %H:%M}",
            f"{one.done_at:%Y-%m-%d %H:%M}" if one.done_at else "",
            "; ".join(f"{name}: {problem}" if problem else name for name, problem in one.waiting)
            or ("" if one.done_at else f"begins {one.due_at:%Y-%m-%d %H:%M}"),
        )
        for one in found
    ]
    print_table(["erasure", "why", "asked (UTC)", "done (UTC)", "waits for"], rows)


def register_forgetting(subscribers: typer.Typer) -> None:
    """Add these commands to those of the list."""
    for act in (erase, died, revive, suppress, lift, erasures):
        subscribers.command()(act)


def _require_person(who: str) -> None:
    config: Config = settings.NEWSLETTER
    person(config, who)


def _ask_whether_sure(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("Nobody is there to say yes. If you are sure, add --yes.")
    if not typer.confirm(question):
        raise NotAllowedError("Nothing was changed.")
