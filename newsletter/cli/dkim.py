"""`newsletter dkim`: the key that mail is signed with, and the DNS record by which others verify it."""

from __future__ import annotations

from django.conf import settings

from newsletter.cli.arguments import FormatOption
from newsletter.cli.printing import OutputFormat, console, print_json
from newsletter.config import Config
from newsletter.delivery.dkim_key import dns_record, make_key, read_key
from newsletter.errors import SettingsError

NOT_SET_UP = """\
There is no [delivery.dkim] in newsletter.toml, so mail is not signed here. Where your mail server does not sign it, write there:

[delivery.dkim]
domain = "{domain}"
selector = "letter"                 # any name; a new one for a new key
"""


def dkim(*, output: FormatOption = OutputFormat.TEXT) -> None:
    """Show the DNS record to publish for signed mail; the key is made first where there is none, and never overwritten."""
    config: Config = settings.NEWSLETTER
    from_domain = config.newsletter.from_address.rpartition("@")[2]
    chosen = config.delivery.dkim
    if chosen is None:
        raise SettingsError(NOT_SET_UP.format(domain=from_domain).rstrip())
    file = config.path(chosen.key_file)
    made = make_key(file)
    record = dns_record(read_key(file), domain=chosen.domain, selector=chosen.selector)
    aligned = _are_aligned(chosen.domain, from_domain)
    if output is OutputFormat.JSON:
        print_json({"key_file": str(file), "made": made, "name": record.name, "value": record.value, "aligned": aligned})
        return
    console.print(f"{'Made' if made else 'There is'} the key {file}, which only you can read.", markup=False)
    console.print("Keep a copy of it with that of the key ring: `newsletter backup` does not hold it.")
    console.print("\nPublish this TXT record in the DNS:\n")
    console.print(f"  name   {record.name}\n  value  {record.value}\n", markup=False)
    console.print("The same as a line of a zone file:\n")
    console.print(f"  {record.as_zone_line()}\n", markup=False)
    if not aligned:
        console.print(
            f"Mail comes from {from_domain}, which {chosen.domain} does not speak for: DMARC will not count these signatures. "
            "Set delivery.dkim.domain to the domain of newsletter.from_address.",
            style="yellow",
            markup=False,
        )
    if config.delivery.transport == "sendgrid":
        console.print("delivery.transport is sendgrid: SendGrid signs for itself, and this key is not used.", style="yellow")


def _are_aligned(signing: str, sending: str) -> bool:
    """Say whether one is the other or above it: what DMARC's relaxed alignment asks for, where no public suffix is in between."""
    first, second = (domain.lower().split(".")[::-1] for domain in (signing, sending))
    shorter = min(len(first), len(second))
    return first[:shorter] == second[:shorter]
