"""An invented issue whose reviewers are asked, and their links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from newsletter.config import Config
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import ServiceContent, open_content
from newsletter.publishing.approving import ApprovingRole
from newsletter.publishing.models import ReviewRequest
from newsletter.publishing.requesting import Asked, request_review
from newsletter.settings import Person
from tests.contract.publishing.samples import NOW, Files, make_edition

PEOPLE = {
    "ada": Person(name="Ada Example", address="ada@metsmatters.example", roles=("editor", "publisher")),
    "maria": Person(name="Maria Example", address="maria@metsmatters.example", roles=("medical",)),
    "ines": Person(name="Inés Ejemplo", address="ines@metsmatters.example", roles=("medical",), language="es"),
    "sam": Person(name="Sam Example", address="sam@metsmatters.example", roles=("editor",)),
    "both": Person(name="Bo Example", address="bo@metsmatters.example", roles=("editor", "medical")),
}

WEB = """<!doctype html><html lang="{language}"><head><title>x</title></head><body><main><p>Hello</p>
<section aria-labelledby="tests"><h2 id="tests">{heading}</h2>
<p>Tests tell <strong>more</strong>.</p><ul><li>One</li><li>Two</li></ul></section>
<section aria-labelledby="call"><h2 id="call">Call us</h2><p>By day.</p></section></main></body></html>"""


def with_sections(language: str, heading: str) -> str:
    return WEB.format(language=language, heading=heading)


FILES = Files(
    editions=(
        replace(make_edition("en"), web=with_sections("en", "What tests tell")),
        replace(make_edition("es"), web=with_sections("es", "Lo que dicen las pruebas")),
    )
)
EDITED = FILES.edited(
    web=with_sections("en", "What tests tell").replace("more</strong>", "a lot</strong>"), text="Tests tell a lot.\n"
)


def site(people: Mapping[str, Person] = PEOPLE) -> Config:
    known: Config = settings.NEWSLETTER
    return known.model_copy(update={"people": dict(people)})


def ask(
    *reviewers: str,
    files: Files = FILES,
    now: datetime = NOW,
    lasts: timedelta = timedelta(days=14),
    asked_by: str = "ada",
    config: Config | None = None,
) -> Asked:
    config = config or site()
    roles: dict[str, ApprovingRole] = {
        key: "medical" if "medical" in config.people[key].roles else "editor" for key in reviewers or ["maria"]
    }
    return request_review(
        issues=files.issues,
        editions=files.editions,
        report=files.report,
        reviewers=roles,
        config=config,
        asked_by=asked_by,
        lasts=lasts,
        now=now,
        system_user="tester",
    )


def letter_of(mail: ServiceMail | None) -> ServiceContent:
    assert mail is not None
    return open_content(mail.key, mail.content)


def token_of(request: ReviewRequest) -> str:
    """Read the token out of the mail, as its reader does."""
    return letter_of(request.mail).text.partition("/review/")[2].split()[0]
