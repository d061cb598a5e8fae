"""The privacy page says only what the program does, and all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any, get_args

import pytest
from django.apps import apps
from django.test import Client, override_settings

from newsletter.delivery.models import Delivery, Event
from newsletter.settings import DeliverySettings, RetentionSettings
from newsletter.subscribers.erasing import UNDONE_WITHIN
from newsletter.subscribers.installation import config, page_design
from newsletter.subscribers.mailed_links import LIVES
from newsletter.subscribers.models import LinkPurpose, ReaderRequest, Subscriber, Subscription
from newsletter.subscribers.web import privacy_page

LANGUAGES = ["en", "es"]

TRANSPORTS = get_args(DeliverySettings.model_fields["transport"].annotation)

NAMED = {
    Subscriber: {
        "lookup": "erased",
        "contact": "kept_address kept_name",
        "topics": "kept_topics",
        "language": "kept_language",
        "snoozed_until": "kept_pause",
        "address_since": "how",
        "created_at": "how",
    },
    Subscription: {
        "subscriber": "",
        "public_id": "do_page",
        "consent_wording": "kept_consent",
        "consent_language": "kept_consent",
        "consent_source": "kept_consent",
        "consent_at": "kept_consent",
        "started_at": "how",
        "ended_at": "how",
        "end_reason": "how",
        "gave_reason": "how",
    },
    Delivery: {
        "key": "",
        "send": "kept_issues",
        "batch": "",
        "subscription": "kept_issues",
        "handover": "kept_issues",
        "outcome": "kept_issues",
        "bounce": "kept_issues",
        "reason": "kept_issues",
        "call": "",
        "attempts": "",
        "due_at": "",
        "handed_over_at": "kept_issues",
    },
    Event: {
        "dedupe": "",
        "delivery": "kept_issues",
        "kind": "long_events",
        "reason": "long_events",
        "at": "long_events",
        "received_at": "",
    },
    ReaderRequest: {
        "key": "",
        "kind": "long_requests",
        "lookup": "long_requests",
        "network": "long_requests",
        "content": "long_requests",
        "language": "long_requests",
        "asked_at": "long_requests",
        "handled_at": "",
    },
}
"""The sentences that tell a reader of each column about them; none for what says nothing about anybody."""

TOLD_AS_A_WHOLE = {
    "subscribers.MailedLink": "long_links",
    "subscribers.Suppression": "erased",
    "subscribers.Erasure": "erased",
    "subscribers.ErasureStep": "erased",
    "subscribers.FarewellCount": "erased_counts",
    "postbox.ServiceMail": "long_service",
}
"""Other tables in which something about a reader may stand, and the sentence that tells of each."""

ABOUT_NO_READER = {
    "subscribers.ImportRun",
    "delivery.Send",
    "delivery.Batch",
    "delivery.ProviderCall",
    "delivery.Pace",
    "delivery.Progress",
    "delivery.Installation",
    "delivery.KeptCounts",
    "postbox.Notice",
}


@contextmanager
def settings_with(section: str, **values: Any) -> Iterator[None]:
    """Change a section of the settings for a while."""
    changed = getattr(config(), section).model_copy(update=values)
    with override_settings(NEWSLETTER=config().model_copy(update={section: changed})):
        yield


def text_of(client: Client, language: str) -> str:
    html = client.get("/privacy", {"lang": language}).content.decode()
    return re.sub(r"\s+", " ", unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_period_of_the_settings_stands_on_the_page_as_it_is_set(client: Client, language: str) -> None:
    periods = [name for name, field in RetentionSettings.model_fields.items() if field.annotation is int]
    invented = {name: 1_001 + number for number, name in enumerate(periods)}
    with settings_with("retention", **invented):
        text = text_of(client, language)
    words = page_design().words[language]
    missing = [name for name, days in invented.items() if words.say("privacy", "days", number=str(days)) not in text]
    assert missing == []


@pytest.mark.parametrize(("days", "said"), [(1, "1 day"), (30, "30 days"), (365, "1 year"), (400, "400 days"), (730, "2 years")])
def test_a_period_is_said_as_people_say_it(days: int, said: str) -> None:
    assert privacy_page.in_words(page_design().words["en"], days) == said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_page_says_who_delivers_the_mail_at_present(client: Client, language: str, transport: str) -> None:
    say = page_design().words[language].sections["privacy"]
    with settings_with("delivery", transport=transport):
        text = text_of(client, language)
    assert [other for other in TRANSPORTS if say[f"others_{other}"] in text] == [transport]
    assert ("SendGrid" in text) == (transport == "sendgrid")


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_long_links_work_and_a_death_can_be_undone_comes_from_the_program(client: Client, language: str) -> None:
    text, words = text_of(client, language), page_design().words[language]
    minutes = int(LIVES[LinkPurpose.FRESH].total_seconds() // 60)
    assert words.say("privacy", "do_fresh", minutes=str(minutes)) in text
    assert words.say("privacy", "do_died", time=words.say("privacy", "days", number=str(UNDONE_WITHIN.days))) in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("model", NAMED, ids=lambda model: model.__name__)
def test_no_column_about_readers_is_left_unsaid(client: Client, model: type[Subscriber], language: str) -> None:
    columns = {field.name for field in model._meta.concrete_fields} - {"id"}
    assert columns == NAMED[model].keys(), "a new column: say on the privacy page what it keeps, or that it says nothing"
    say, text = page_design().words[language].sections["privacy"], text_of(client, language)
    told = {name for names in NAMED[model].values() for name in names.split()}
    assert [name for name in sorted(told) if say[name].partition("{")[0] not in text] == []


def test_no_table_is_left_unsaid() -> None:
    tables = {
        model._meta.label for name in ("subscribers", "postbox", "delivery") for model in apps.get_app_config(name).get_models()
    }
    told = {model._meta.label for model in NAMED} | TOLD_AS_A_WHOLE.keys() | ABOUT_NO_READER
    assert tables == told, "a new table: say on the privacy page what it keeps about readers, or here that it is nothing"
    assert set(TOLD_AS_A_WHOLE.values()) <= page_design().words["en"].sections["privacy"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_that_is_written_for_the_page_stands_on_it(client: Client, language: str) -> None:
    say, text = page_design().words[language].sections["privacy"], text_of(client, language)
    elsewhere = {"days", "day", "years", "year", *(f"others_{transport}" for transport in TRANSPORTS)}
    assert [name for name in say if name not in elsewhere and say[name].partition("{")[0] not in text] == []


def test_the_page_comes_in_the_language_that_is_asked_for_else_in_the_browsers(client: Client) -> None:
    spanish = {"Accept-Language": "es-MX,es;q=0.9"}
    assert '<html lang="es">' in client.get("/privacy", headers=spanish).content.decode()
    assert '<html lang="en">' in client.get("/privacy?lang=en", headers=spanish).content.decode()
    assert '<html lang="en">' in client.get("/privacy?lang=%3Cscript%3E").content.decode()
    assert 'href="/privacy?lang=es" lang="es" hreflang="es">Español<' in client.get("/privacy").content.decode()


def test_who_we_are_comes_from_the_settings(client: Client) -> None:
    with settings_with("newsletter", organisation="Some People", reply_to="us@some.example", helpline="1-800-SOME"):
        html = client.get("/privacy").content.decode()
    assert 'href="mailto:us@some.example"' in html
    assert "1-800-SOME" in html


def test_the_page_can_only_be_looked_at(client: Client) -> None:
    assert client.post("/privacy").status_code == 405
    response = client.get("/privacy")
    assert not response.cookies
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_every_page_leads_to_the_privacy_page_in_its_own_language(client: Client, db: None) -> None:
    html = client.get("/m/nowhere", headers={"Accept-Language": "es"}).content.decode()
    assert 'href="/privacy?lang=es"' in html
