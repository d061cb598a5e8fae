"""`newsletter subscribers`: the list."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from django.conf import settings

from newsletter.cli.acting import system_user
from newsletter.cli.addressing import typed_address
from newsletter.cli.arguments import DayOption, FormatOption, PersonOption, day, person
from newsletter.cli.forgetting import register_forgetting
from newsletter.cli.list_in import import_
from newsletter.cli.list_out import export
from newsletter.cli.printing import OutputFormat, console, print_json, print_table
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.errors import UsageError
from newsletter.publishing.audit import record_act
from newsletter.subscribers.addresses import parse_first_name
from newsletter.subscribers.audience import count_audience
from newsletter.subscribers.farewells import count_reasons
from newsletter.subscribers.installation import choices, sealer
from newsletter.subscribers.models import EndReason, Subscription, Suppression, SuppressionReason
from newsletter.subscribers.reader_mails import withdraw_mails
from newsletter.subscribers.sealing import Contact
from newsletter.subscribers.subscribing import Consent, SubscribeKind, end_subscription, subscribe

subscribers = typer.Typer()
register_forgetting(subscribers)


subscribers.command("import")(import_)
subscribers.command()(export)


@subscribers.command()
def add(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's e-mail address.")],
    consent_source: Annotated[
        str, typer.Option("--consent", metavar="HOW", help="How they said yes, such as form, paper or phone.")
    ],
    name: Annotated[str, typer.Option("--name", help="First name.")] = "",
    language: Annotated[str, typer.Option("--language", help="Which edition they get; the first language if not given.")] = "",
) -> None:
    """Take in one person who said yes today to the present wording of the consent."""
    offered, now = choices(), system_clock()
    chosen = language or offered.languages[0]
    if chosen not in offered.languages:
        raise UsageError(f"“{chosen}” is not offered. Languages: {', '.join(offered.languages)}.")
    consent = Consent(offered.current_wording, chosen, consent_source, now)
    contact = Contact(typed_address(address), parse_first_name(name))
    result = subscribe(contact, language=chosen, topics=(), consent=consent, now=now)
    console.print(f"{result.kind}: {SUBSCRIBED[result.kind]}", markup=False)
    if result.kind is SubscribeKind.SUPPRESSED:
        raise typer.Exit(3)


SUBSCRIBED = {
    SubscribeKind.NEW: "they get the next issue.",
    SubscribeKind.RETURNED: "they came back, and get the next issue.",
    SubscribeKind.KNOWN: "they are subscribed already; nothing was changed.",
    SubscribeKind.SUPPRESSED: "this address must not be mailed; nothing was stored.",
}


@subscribers.command()
def show(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's e-mail address.")], who: PersonOption
) -> None:
    """Show a person's subscriptions, and whether the address must not be mailed and why. Written into the audit log."""
    config: Config = settings.NEWSLETTER
    person(config, who)
    suppression = Suppression.objects.filter(lookup=sealer().lookup(typed_address(address))).first()
    found = _subscriptions(address, needed=suppression is None)
    for subject in [f"subscription {one.pk}" for one in found] or ["a suppressed address"]:
        record_act("show", subject, person=who, note="", now=system_clock(), system_user=system_user())
    if suppression:
        since, why = f"{suppression.created_at:%Y-%m-%d}", SuppressionReason(suppression.reason).label.partition(";")[0]
        console.print(f"Nothing is mailed to this address, since {since}: {why}.", style="yellow", markup=False)
    if not found:
        console.print("Beyond that, nothing is stored with it.")
        return
    print_table(
        ["subscription", "language", "since", "consent", "paused until", "ended"],
        [
            (
                str(one.pk),
                one.subscriber.language,
                f"{one.started_at:%Y-%m-%d}",
                f"{one.consent_source}, wording {one.consent_wording}, {one.consent_at:%Y-%m-%d}",
                str(one.subscriber.snoozed_until or ""),
                f"{one.ended_at:%Y-%m-%d}, {one.end_reason}" if one.ended_at else "",
            )
            for one in found
        ],
    )


@subscribers.command()
def end(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's e-mail address.")], who: PersonOption
) -> None:
    """End a person's subscription at their request. Written into the audit log."""
    config: Config = settings.NEWSLETTER
    person(config, who)
    ended = 0
    for subscription in _subscriptions(address):
        if end_subscription(subscription.pk, reason=EndReason.STAFF, now=system_clock()):
            withdraw_mails(bytes(subscription.subscriber.lookup), now=system_clock())
            subject = f"subscription {subscription.pk}"
            record_act("end", subject, person=who, note="", now=system_clock(), system_user=system_user())
            ended += 1
    console.print("Ended; nothing more is sent." if ended else "It had ended before.")


@subscribers.command()
def stats(*, on: DayOption = "", output: FormatOption = OutputFormat.TEXT) -> None:
    """Count the list: by language, paused, suppressed, how many have left and why, and what some said about it, by month."""
    count, reasons = count_audience(day(on) if on else _today()), count_reasons()
    if output is OutputFormat.JSON:
        said = [{"month": f"{month:%Y-%m}", "reason": reason, "people": number} for month, reason, number in reasons]
        print_json({**asdict(count), "reasons": said})
        return
    rows = [("active", language, str(number)) for language, number in sorted(count.by_language.items())]
    rows += [("not mailed", reason, str(number)) for reason, number in sorted(count.excluded.items())]
    rows += [("have left", reason, str(number)) for reason, number in sorted(count.ended.items())]
    rows += [(f"said why in {month:%Y-%m}", reason, str(number)) for month, reason, number in reasons]
    print_table(["", "", "people"], rows)


def _today() -> date:
    """Give the day that a reader's pause goes by: the newsletter's own."""
    config: Config = settings.NEWSLETTER
    return system_clock().astimezone(ZoneInfo(config.cadence.timezone)).date()


def _subscriptions(address: str, *, needed: bool = True) -> list[Subscription]:
    """Find a person's subscriptions, the latest first.

    Raises UsageError when one is ``needed`` and there is none; it does not repeat the address.
    """
    lookup = sealer().lookup(typed_address(address))
    found = list(Subscription.objects.filter(subscriber__lookup=lookup).select_related("subscriber").order_by("-pk"))
    if needed and not found:
        raise UsageError("Nobody is stored with this address.")
    return found
