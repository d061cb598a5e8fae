"""Our own pages, asked for by the address that stands in every mail: by GET, and one unsigned POST that must be refused."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import httpx

from newsletter.config import TOKEN_LENGTH, Config
from newsletter.project.examining.diagnosis import Diagnosis, ok, problem, skipped, warning
from newsletter.project.examining.timing import examine_clock_against
from newsletter.project.examining.tls import examine_certificate

USER_AGENT: Final = "mets-matters-newsletter (doctor)"

NOBODYS_TOKEN: Final = "A" * TOKEN_LENGTH
"""Well formed, and nobody's: its signature is wrong."""

REACHABLE, ONE_CLICK, EVENTS = "web.reachable", "web.one-click", "web.events"

START: Final = "newsletter serve, behind a web server that has the certificate and passes every path on."


def examine_pages(config: Config, *, timeout: float, now: datetime, tls: ssl.SSLContext | None = None) -> Iterator[Diagnosis]:
    """Ask for our pages as a reader's mail program does; ``tls`` says whom to trust, None the public authorities."""
    base, name = config.web.base_url, config.newsletter.name
    with _client(timeout, tls) as client:
        try:
            with client.stream("GET", f"{base}/issues/") as answer:
                certificate = _certificate(answer)
                answer.read()
        except httpx.HTTPError as error:
            yield problem(REACHABLE, f"{base} does not answer ({_plainly(error)}).", START, f"Try: curl -I {base}/issues/")
            return
        if answer.status_code != 200 or name not in answer.text:
            yield problem(
                REACHABLE,
                f"Something else answers at {base} ({answer.status_code}): the newsletter's name is not on the page.",
                START,
                "Look at [web] base_url in newsletter.toml.",
            )
            return
        yield ok(REACHABLE, f"{base} answers with our pages.")
        if base.startswith("https://"):
            yield examine_certificate("web.certificate", certificate, whose=base, now=now)
        yield _looked_at(client, config)
        if config.delivery.sendgrid.webhook_public_key:
            yield _unsigned_post(client, f"{base}/webhooks/sendgrid")


def examine_registry(
    config: Config, *, timeout: float, clock: Callable[[], datetime], tls: ssl.SSLContext | None = None
) -> Iterator[Diagnosis]:
    """Ask the trial registry for nothing in particular, and look at the date that it writes on its answer."""
    base = config.trials.base_url
    with _client(timeout, tls) as client:
        asked = clock()
        try:
            # As the send's own question: some of the registry's edges turn programs away by their User-Agent.
            asking = {"user-agent": config.trials.user_agent, "accept": "application/json"}
            params = {"pageSize": "1", "fields": "NCTId", "filter.ids": "NCT00000102"}
            answer = client.get(f"{base}/studies", params=params, headers=asking)
            answered = clock()
            sensible = answer.status_code == 200 and isinstance(answer.json().get("studies"), list)
        except (httpx.HTTPError, ValueError, AttributeError) as error:
            yield warning(
                "trials.registry",
                f"{base} does not answer as a registry ({_plainly(error)}). Before a send every trial in it is asked about.",
                "Is this machine on the internet? See [trials] base_url in newsletter.toml.",
            )
            yield skipped("clock.world", "Nobody else's clock was to be seen.")
            return
    if sensible:
        yield ok("trials.registry", f"{base} answers.")
    elif answer.status_code == 403:
        yield warning(
            "trials.registry",
            f"{base} turns this program or this network away (403). A send whose trials cannot be checked waits, and is held.",
            "Try from another network, or with another [trials] user_agent: docs/howto/ask-the-registry.md.",
        )
    else:
        yield warning("trials.registry", f"{base} answers {answer.status_code}, and not as a registry.", "Try again later.")
    yield examine_clock_against(answer.headers.get("date"), asked=asked, answered=answered, whose=answer.url.host)


def _looked_at(client: httpx.Client, config: Config) -> Diagnosis:
    """Look at an unsubscribe address that is nobody's: our own page must say so, by itself and without a redirect."""
    try:
        answer = client.get(f"{config.web.base_url}/u/{NOBODYS_TOKEN}")
    except httpx.HTTPError as error:
        return problem(ONE_CLICK, f"The unsubscribe address does not answer ({_plainly(error)}).", START)
    if answer.status_code != 404 or config.newsletter.name not in answer.text:
        return problem(
            ONE_CLICK,
            f"Something else answers at unsubscribe addresses ({answer.status_code}).",
            "Let the web server pass /u/, /m/ and /unsubscribe/ on as they are: no redirect, no cache, no sign-in.",
        )
    return ok(ONE_CLICK, "An unsubscribe address only shows a page when it is looked at; nobody's leads nowhere.")


def _unsigned_post(client: httpx.Client, url: str) -> Diagnosis:
    try:
        answer = client.post(url, content=b"[]", headers={"content-type": "application/json"})
    except httpx.HTTPError as error:
        return problem(EVENTS, f"The webhook does not answer ({_plainly(error)}).", START)
    if answer.status_code == 403:
        return ok(EVENTS, "The webhook can be reached, and refuses what SendGrid has not signed.")
    said = {
        404: "The process that answers there has no public key for events: restart it with the same settings.",
        405: "Something on the way turns a POST into a GET.",
    }.get(answer.status_code, "Something else answers there.")
    return problem(EVENTS, f"The webhook answers an unsigned post with {answer.status_code}. {said}", f"curl -i -X POST {url}")


def _client(timeout: float, tls: ssl.SSLContext | None) -> httpx.Client:
    return httpx.Client(timeout=timeout, verify=tls or True, trust_env=False, headers={"user-agent": USER_AGENT})


def _certificate(answer: httpx.Response) -> Any:
    connection = answer.extensions["network_stream"].get_extra_info("ssl_object")
    return connection.getpeercert() if connection is not None else None


def _plainly(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return (str(error).splitlines() or [type(error).__name__])[0] or type(error).__name__
