"""`newsletter keys`: which keys there are, new ones, and what becomes of old ones. No key is ever shown without --print."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import typer
from django.conf import settings

from newsletter.cli.acting import system_user
from newsletter.cli.arguments import FormatOption, person
from newsletter.cli.printing import OutputFormat, console, print_json, print_table
from newsletter.cli.resealing_display import reseal
from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.errors import NotAllowedError, UsageError
from newsletter.keys.changing import with_new_link_key, with_new_seal_key, with_retired_link_key
from newsletter.keys.file import KEY_FILE
from newsletter.keys.ring import KeyRing
from newsletter.project.backup.rings import fingerprint
from newsletter.project.key_changes import change_ring, forget_seal_key, require_unused
from newsletter.publishing.audit import record_act
from newsletter.sealing import RowSeal
from newsletter.subscribers.installation import rings
from newsletter.subscribers.resealing import count_versions, is_anything_to_reseal

keys = typer.Typer()

ActingOption = Annotated[str, typer.Option("--as", metavar="PERSON", help="Who you are: a key of \\[people]; for the audit log.")]
PrintOption = Annotated[
    bool, typer.Option("--print", help="With NEWSLETTER_KEYS: print the changed ring, all of it secret, for you to put there.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Ask nothing.")]

LOOKUP = (
    "It never changes, and cannot: who left and must not be mailed is known only by hashes made with it. What to do when it "
    "leaked stands in the runbook."
)


@dataclass(frozen=True, slots=True)
class ListedKeys:
    """What `keys list` says; never a key."""

    origin: str
    fingerprint: str
    seal: dict[int, str]
    link: dict[int, str]
    sealed_values: dict[int, int]


@keys.command("list")
def list_(*, output: FormatOption = OutputFormat.TEXT) -> None:
    """List the keys by version, and how many stored values are sealed with each."""
    config: Config = settings.NEWSLETTER
    ring, counts = rings().look_again(), count_versions()
    origin = "NEWSLETTER_KEYS" if config.keys is not None else str(config.path(KEY_FILE))
    seal = {version: _seal_state(ring, version) for version in sorted({*ring.seal, *counts})}
    link = {version: _link_state(ring, version) for version in sorted(ring.link)}
    listed = ListedKeys(origin, fingerprint(ring), seal, link, {version: counts[version] for version in seal})
    if output is OutputFormat.JSON:
        print_json(listed)
        return
    console.print(f"From {origin}.", markup=False)
    rows = [("sealing", str(version), state, str(counts[version])) for version, state in seal.items()]
    rows += [("links", str(version), state, "") for version, state in link.items()]
    print_table(["keys for", "version", "", "values sealed"], [*rows, ("finding", "", f"fingerprint {listed.fingerprint}", "")])
    console.print(f"The key for finding people: {LOOKUP}", markup=False)


def _seal_state(ring: KeyRing, version: int) -> str:
    if version not in ring.seal:
        return "MISSING from the ring: these values cannot be read"
    return "in use" if version == max(ring.seal) else "opens what it sealed"


def _link_state(ring: KeyRing, version: int) -> str:
    if version in ring.retired_links:
        return "retired: its links only unsubscribe"
    return "in use" if version == max(set(ring.link) - ring.retired_links) else "its links work"


@keys.command()
def rotate(
    *,
    links: Annotated[bool, typer.Option("--links", help="Make a new key for readers' links, not for what is stored.")] = False,
    retire: Annotated[bool, typer.Option("--retire", help="With --links: older links only unsubscribe from now on.")] = False,
    who: ActingOption = "",
    yes: Annotated[bool, typer.Option("--yes", help="The copy of the new ring is made, or makes itself: do not ask.")] = False,
    show: PrintOption = False,
) -> None:
    """Make a new key and seal everything that is stored again with it, while sends, pages and imports go on.

    Stopped or killed, it goes on where it was when it is run again, with the same key. Exit 1 when something still seals with
    an old key.
    """
    if retire and not links:
        raise UsageError("--retire is about links: newsletter keys rotate --links --retire")
    _require_person(who)
    if links:
        _rotate_links(who, retire=retire, show=show)
        return
    ring = rings().look_again()
    if not is_anything_to_reseal(RowSeal(ring.seal), max(ring.seal)):
        changed = change_ring(settings.NEWSLETTER, with_new_seal_key, show=show)
        if changed is None:
            typer.echo("Once it is there, start everything again and run `newsletter keys rotate` once more.", err=True)
            return
        _write_down("new-seal-key", f"seal key {max(changed.seal)}", who)
        _have_it_copied(max(changed.seal), yes=yes)
    else:
        console.print(f"Not everything is sealed with key {max(ring.seal)} yet: going on with it.", markup=False)
    reseal(who=who, write_down=_write_down)


def _rotate_links(who: str, *, retire: bool, show: bool) -> None:
    changed = change_ring(settings.NEWSLETTER, lambda ring: with_new_link_key(ring, retire_others=retire), show=show)
    if changed is None:
        typer.echo("Once it is there, start everything again.", err=True)
        return
    version = max(changed.link)
    _write_down("new-link-key", f"link key {version}" + (", older ones retired" if retire else ""), who)
    old = "only unsubscribe from now on" if retire else "stay good; `newsletter keys retire VERSION` ends all but unsubscribing"
    console.print(
        f"Link key {version} is in use, and a running `newsletter serve` takes it up within seconds. Older links {old}. Pages "
        "that are open in a browser have to be loaded anew after the next start of `newsletter serve`.",
        markup=False,
    )
    _say_copy()


@keys.command()
def retire(
    version: Annotated[int, typer.Argument(metavar="VERSION", help="A link key, as `keys list` shows it.")],
    *,
    who: ActingOption = "",
    show: PrintOption = False,
) -> None:
    """Let the links of an old link key unsubscribe and do nothing else. It cannot be taken back."""
    _require_person(who)
    changed = change_ring(settings.NEWSLETTER, lambda ring: with_retired_link_key(ring, version), show=show)
    if changed is not None:
        _write_down("retire-link-key", f"link key {version}", who)
        console.print(f"Links of key {version} unsubscribe, and do nothing else.", markup=False)
        _say_copy()


@keys.command()
def forget(
    version: Annotated[int, typer.Argument(metavar="VERSION", help="A seal key, as `keys list` shows it.")],
    *,
    who: ActingOption = "",
    yes: YesOption = False,
    show: PrintOption = False,
) -> None:
    """Take an old seal key out of the ring, once nothing is sealed with it. Backups of that time cannot be read without it."""
    _require_person(who)
    require_unused(rings(), version)
    warning = (
        f"Nothing that opens is sealed with key {version} here. Backups that were made before it was replaced are: without this "
        "key nobody can read them, and they cannot be restored. Older copies of the key ring still have it; where it leaked, "
        "they are to be destroyed as well."
    )
    console.print(warning, style="yellow", markup=False)
    if not yes:
        _ask(f"Forget key {version}?", otherwise="Nothing was changed. Without a terminal: --yes")
    _write_down("forget-seal-key", f"seal key {version}", who)
    if forget_seal_key(settings.NEWSLETTER, rings(), version, show=show):
        console.print(
            f"Key {version} is forgotten. Processes that run still have it in memory until they are started again.", markup=False
        )
        _say_copy()


def _have_it_copied(version: int, *, yes: bool) -> None:
    console.print(
        f"Key {version} is made. It is in {KEY_FILE} and nowhere else: if that file is lost, nobody can read what is sealed from "
        "now on. Copy it now to where you keep the copy of your keys, apart from the database's backups.",
        style="yellow",
        markup=False,
    )
    if not yes:
        _ask(
            "Is the copy made?",
            otherwise="Nothing is sealed again yet. Make the copy, then run `newsletter keys rotate` again: it goes on.",
        )


def _say_copy() -> None:
    console.print(f"Replace the copy that you keep of {KEY_FILE}.", style="yellow", markup=False)


def _ask(question: str, *, otherwise: str) -> None:
    if not (sys.stdin.isatty() and typer.confirm(question)):
        raise NotAllowedError(otherwise)


def _require_person(who: str) -> None:
    if who:
        person(settings.NEWSLETTER, who)


def _write_down(act: str, subject: str, who: str) -> None:
    record_act(act, subject, person=who, note="", now=system_clock(), system_user=system_user())
