"""The look at an issue's links before it goes out, and whom it tells of what, on every database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from newsletter.checking.link_answers import LinkAnswer, Trouble
from newsletter.config import Config
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import ServiceContent, open_content
from newsletter.publishing.calendar import hold_slot, schedule_issue
from newsletter.publishing.link_watch import watch_links
from newsletter.publishing.models import FrozenEdition, Slot, SlotState
from newsletter.settings import Person
from tests.contract.publishing.samples import CADENCE, ISSUE, NOW, SLOT_AT, Files, approve_as, approve_fully, make_edition

pytestmark = [pytest.mark.database, pytest.mark.django_db]

GUIDE, TRIALS, LEAFLET = "https://example.org/guide", "https://example.org/trials", "https://example.org/leaflet.pdf"
PEOPLE = {
    "sam": Person(name="Sam Example", address="sam@metsmatters.example", roles=("editor",)),
    "ines": Person(name="Inés Ejemplo", address="ines@metsmatters.example", roles=("publisher",), language="es"),
    "maria": Person(name="Maria Example", address="maria@metsmatters.example", roles=("medical",)),
}
SAM, INES = PEOPLE["sam"].address, PEOPLE["ines"].address


def site() -> Config:
    known: Config = settings.NEWSLETTER
    return known.model_copy(update={"people": PEOPLE})


def files() -> Files:
    english, spanish = make_edition("en"), make_edition("es")
    base_url = site().web.base_url
    return (
        Files(editions=(english, spanish))
        .edited(
            html=f'{english.html}<a href="{GUIDE}#top">x</a><a href="{base_url}/issues/">y</a><a href="tel:+18442757427">z</a>',
            text=f"{english.text}\n[1] {GUIDE}\n",
            web=f'{english.web}<a href="{TRIALS}">x</a>',
        )
        .edited("es", text=f"{spanish.text}\nMás: {LEAFLET}.\n")
    )


@dataclass
class Sites:
    """What each address answers, and what was asked."""

    answers: dict[str, LinkAnswer] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    since: list[datetime | None] = field(default_factory=list)

    def look(self, addresses: Sequence[str], since: datetime | None) -> dict[str, LinkAnswer]:
        assert not connection.savepoint_ids, "they are asked with no transaction open but the test's own"
        self.asked.append(list(addresses))
        self.since.append(since)
        return {address: self.answers.get(address, LinkAnswer(address, 200)) for address in addresses}

    def say(self, address: str, status: int = 0, trouble: Trouble | None = None) -> None:
        self.answers[address] = LinkAnswer(address, status, trouble=trouble, detail="it has expired" if trouble else "")


@pytest.fixture
def sites() -> Sites:
    return Sites()


@pytest.fixture
def slot() -> Slot:
    approve_fully(files())
    return schedule_issue(ISSUE, None, cadence=CADENCE, person="sam", now=NOW, system_user="tester")


def look(sites: Sites, *, hours: float = 20, now: datetime | None = None) -> list[ServiceContent]:
    """Look once, so many hours before the slot, and give the mails that were posted by it."""
    known = set(ServiceMail.objects.values_list("pk", flat=True))
    at = now or SLOT_AT - timedelta(hours=hours)
    watched = watch_links(site(), lambda: at, sites.look)
    mails = [open_content(mail.key, mail.content) for mail in ServiceMail.objects.exclude(pk__in=known).order_by("pk")]
    assert watched.mails == len(mails)
    return mails


@pytest.mark.usefixtures("slot")
def test_every_link_of_every_frozen_edition_is_looked_at_on_the_day_before(sites: Sites) -> None:
    assert look(sites, hours=25) == []
    assert sites.asked == []
    assert look(sites, hours=24) == []
    assert [sorted(asked) for asked in sites.asked] == [sorted([GUIDE, TRIALS, LEAFLET])]


@pytest.mark.usefixtures("slot")
def test_editors_and_publishers_are_told_once_what_is_broken_and_why(sites: Sites) -> None:
    sites.say(GUIDE, 404)
    sites.say(TRIALS, trouble=Trouble.CERTIFICATE)
    english, spanish = sorted(look(sites), key=lambda mail: mail.language)
    assert (english.address, spanish.address) == (SAM, INES)
    assert english.subject == "Issue 2026-12 links to something that is broken"
    assert spanish.subject == "El número 2026-12 tiene enlaces que no funcionan"
    for mail in (english, spanish):
        assert f"{GUIDE} is broken: the page is not there (404)." in mail.text
        assert f"{TRIALS} makes browsers warn readers: it has expired." in mail.text
        assert LEAFLET not in mail.text
        assert "newsletter links check 2026-12" in mail.text
        assert "newsletter request-review 2026-12" in mail.text
    assert look(sites, hours=10) == []


@pytest.mark.usefixtures("slot")
def test_what_breaks_later_is_told_of_too(sites: Sites) -> None:
    sites.say(GUIDE, 404)
    assert len(look(sites)) == 2
    sites.say(LEAFLET, 410)
    assert len(look(sites, hours=1)) == 2
    sites.say(GUIDE, 200)
    assert look(sites, hours=0.5) == []
    sites.say(GUIDE, 404)
    assert look(sites, hours=0.4) == []


@pytest.mark.usefixtures("slot")
def test_in_its_hour_what_was_fine_earlier_is_asked_once_more(sites: Sites) -> None:
    look(sites, hours=1.1)
    look(sites, hours=1)
    look(sites, hours=0.1)
    assert sites.since == [None, *[SLOT_AT - timedelta(hours=1)] * 2]


@pytest.mark.usefixtures("slot")
@pytest.mark.parametrize("trouble", [Trouble.TIMED_OUT, Trouble.RING, Trouble.NOT_ASKED])
def test_nobody_is_told_of_what_could_not_be_checked(sites: Sites, trouble: Trouble) -> None:
    sites.say(GUIDE, trouble=trouble)
    sites.say(TRIALS, 403)
    sites.say(LEAFLET, 503)
    assert look(sites) == []


@pytest.mark.usefixtures("slot")
def test_a_machine_without_a_way_out_tells_nobody_and_says_so(sites: Sites) -> None:
    for address in (GUIDE, TRIALS, LEAFLET):
        sites.say(address, trouble=Trouble.OFFLINE)
    watched = watch_links(site(), lambda: SLOT_AT - timedelta(hours=2), sites.look)
    assert (watched.mails, "no site answered at all" in watched.problem) == (0, True)


def test_a_broken_link_holds_nothing_back(sites: Sites, slot: Slot) -> None:
    sites.say(GUIDE, 404)
    assert look(sites)
    slot.refresh_from_db()
    assert slot.state == SlotState.SCHEDULED


def test_an_issue_without_both_approvals_is_not_looked_at(sites: Sites) -> None:
    approve_as("sam", "editor", files())
    schedule_issue(ISSUE, None, cadence=CADENCE, person="sam", now=NOW, system_user="tester")
    assert look(sites) == []
    assert sites.asked == []


def test_what_went_out_or_was_to_go_out_earlier_is_not_looked_at(sites: Sites, slot: Slot) -> None:
    look(sites, now=SLOT_AT)
    Slot.objects.filter(pk=slot.pk).update(state=SlotState.RELEASED)
    look(sites)
    assert sites.asked == []


@pytest.mark.usefixtures("slot")
def test_a_held_slot_is_looked_at_like_any_other(sites: Sites) -> None:
    hold_slot(ISSUE, reason="Wait.", person="sam", now=NOW, system_user="tester")
    sites.say(GUIDE, 404)
    assert len(look(sites)) == 2


@pytest.mark.usefixtures("slot")
def test_bytes_that_were_not_approved_are_not_looked_at(sites: Sites) -> None:
    FrozenEdition.objects.filter(language="en").update(html="<p>another</p>")
    assert look(sites) == []
    assert sites.asked == []


@pytest.mark.usefixtures("slot")
def test_an_issue_that_is_approved_anew_is_told_of_anew(sites: Sites) -> None:
    sites.say(TRIALS, 404)
    assert len(look(sites)) == 2
    changed = files().edited("es", subject="Sus resultados, otra vez")
    approve_fully(changed, now=SLOT_AT - timedelta(hours=5))
    assert len(look(sites, hours=4)) == 2
