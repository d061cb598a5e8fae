"""SendGrid's account as its own API describes it: only GET is used, and only what our key may see."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import httpx

from newsletter.config import Config
from newsletter.delivery.transports.smtp import trusting
from newsletter.errors import SettingsError
from newsletter.project.examining.diagnosis import Diagnosis, ok, problem, skipped, warning

KEY, TRACKING, EVENTS = "sendgrid.key", "sendgrid.tracking", "sendgrid.events"

SEND: Final = "mail.send"

MANY_RIGHTS: Final = 20
"""A key that may only send has a handful."""

NEEDED_EVENTS: Final = ("processed", "delivered", "deferred", "bounce", "dropped", "spam_report")
UNWANTED_EVENTS: Final = ("open", "click")

TRACKERS: Final = ("open", "click", "subscription", "google_analytics")

WHERE_KEYS_ARE = "SendGrid: Settings, API Keys; then NEWSLETTER_DELIVERY__SENDGRID__API_KEY."
WHERE_EVENTS_ARE = "SendGrid: Settings, Mail Settings, Event Webhooks"


def examine_sendgrid(config: Config, *, timeout: float) -> Iterator[Diagnosis]:
    """Ask whether the key may send, whether anything is tracked, and where events go."""
    settings = config.delivery.sendgrid
    key = settings.api_key.get_secret_value()
    if not key:
        yield problem(KEY, "There is no key.", WHERE_KEYS_ARE)
        return
    try:
        context = trusting(settings.ca_file)
    except SettingsError as error:
        yield problem(KEY, str(error))
        return
    with httpx.Client(
        base_url=settings.host,
        headers={"Authorization": f"Bearer {key}", "Accept": "application/json"},
        timeout=timeout,
        verify=context,
        trust_env=False,
    ) as client:
        first = _scopes(client, config)
        yield first
        if first.mend:
            return
        yield _tracking(client)
        yield _events(client, config)


def _scopes(client: httpx.Client, config: Config) -> Diagnosis:
    host = config.delivery.sendgrid.host
    try:
        answer = client.get("/v3/scopes")
        scopes = answer.json().get("scopes", []) if answer.status_code == 200 else []
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        return problem(
            KEY, f"{host} does not answer ({type(error).__name__}).", f"Is this machine on the internet? curl -I {host}"
        )
    if answer.status_code in {401, 403}:
        return problem(KEY, f"SendGrid does not know the key ({answer.status_code}).", f"Make a new one. {WHERE_KEYS_ARE}")
    if answer.status_code != 200:
        return problem(KEY, f"SendGrid answers {answer.status_code}.", "See status.sendgrid.com, and try again later.")
    return _rights(scopes, sandbox=config.delivery.sendgrid.sandbox)


def _rights(scopes: Collection[str], *, sandbox: bool) -> Diagnosis:
    if SEND not in scopes:
        return problem(KEY, "The key may not send.", f"Give it the right Mail Send. {WHERE_KEYS_ARE}")
    if sandbox:
        return problem(
            KEY,
            "The sandbox is on: SendGrid would say yes to every mail and deliver none, so no issue is sent.",
            "In newsletter.toml: [delivery.sendgrid] sandbox = false.",
        )
    if len(scopes) > MANY_RIGHTS:
        return warning(
            KEY,
            f"The key may send, and {len(scopes) - 1} other things: whoever steals it has the whole account.",
            f"Make one that may only do Mail Send. {WHERE_KEYS_ARE}",
        )
    return ok(KEY, f"The key may send; {len(scopes)} rights in all.")


def _tracking(client: httpx.Client) -> Diagnosis:
    found = _get(client, "/v3/tracking_settings")
    if found is None:
        return skipped(TRACKING, "The key may not see it. Every one of our calls switches tracking off.")
    on = [str(one.get("name")) for one in _list(found, "result") if one.get("enabled") and one.get("name") in TRACKERS]
    if on:
        return warning(
            TRACKING,
            f"The account has tracking on: {', '.join(on)}. Our calls switch it off, mails sent by hand would have it.",
            "SendGrid: Settings, Tracking: switch all of it off.",
        )
    return ok(TRACKING, "Nothing is tracked, by account and by every call.")


def _events(client: httpx.Client, config: Config) -> Diagnosis:
    wanted = f"{config.web.base_url}/webhooks/sendgrid"
    if not config.delivery.sendgrid.webhook_public_key:
        return problem(
            EVENTS,
            "No public key for events is set, so none is taken: bounces and complaints would never be known.",
            f"{WHERE_EVENTS_ARE}: Post URL {wanted}, signature verification on; copy its public key into newsletter.toml, "
            "[delivery.sendgrid] webhook_public_key.",
        )
    found = _get(client, "/v3/user/webhooks/event/settings/all")
    if found is None:
        return skipped(EVENTS, f"The key may not see it. Events should go to {wanted}, signed.")
    ours = [one for one in _list(found, "webhooks") if str(one.get("url", "")).rstrip("/") == wanted]
    enabled = [one for one in ours if one.get("enabled")]
    if not enabled:
        return problem(
            EVENTS,
            f"No event webhook posts to {wanted}" + (": it is switched off." if ours else "."),
            f"{WHERE_EVENTS_ARE}: Post URL {wanted}, enabled, signature verification on.",
        )
    return _about(enabled[0], config)


def _about(webhook: Mapping[str, Any], config: Config) -> Diagnosis:
    public_key = webhook.get("public_key")
    if not public_key:
        return problem(
            EVENTS,
            "The event webhook does not sign, so everything it posts is refused.",
            f"{WHERE_EVENTS_ARE}: signature verification on.",
        )
    if str(public_key).strip() != config.delivery.sendgrid.webhook_public_key.strip():
        return problem(
            EVENTS,
            "The event webhook signs with another key than the one in newsletter.toml: everything it posts is refused.",
            f"[delivery.sendgrid] webhook_public_key = {public_key}",
        )
    missing = [name for name in NEEDED_EVENTS if not webhook.get(name)]
    if missing:
        return problem(EVENTS, f"The event webhook leaves out: {', '.join(missing)}.", f"{WHERE_EVENTS_ARE}: tick them.")
    unwanted = [name for name in UNWANTED_EVENTS if webhook.get(name)]
    if unwanted:
        return warning(
            EVENTS,
            f"The event webhook posts {' and '.join(unwanted)}, which are thrown away.",
            f"{WHERE_EVENTS_ARE}: untick them; nobody's reading is measured.",
        )
    return ok(EVENTS, "Events come to us, signed with the key that we know.")


def _get(client: httpx.Client, path: str) -> Mapping[str, Any] | None:
    """Ask; None for what our key may not see, or what makes no sense."""
    try:
        answer = client.get(path)
        found = answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _list(found: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = found.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
