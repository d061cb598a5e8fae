"""Looking for what there is to tell, and reading what was told."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from newsletter.config import Config
from newsletter.delivery.alerts import post_alerts
from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import ServiceContent, open_content
from newsletter.settings import Person
from tests.contract.publishing.samples import SLOT_AT

PEOPLE = {
    "ada": Person(name="Ada Example", address="ada@metsmatters.example", roles=("publisher",)),
    "ines": Person(name="Inés Ejemplo", address="ines@metsmatters.example", roles=("editor",), language="es"),
    "maria": Person(name="Maria Example", address="maria@metsmatters.example", roles=("medical",)),
}
ADA, INES = PEOPLE["ada"].address, PEOPLE["ines"].address
ADA, INES = PEOPLE["ada"].address, PEOPLE["ines"].address


def site(**people: Person) -> Config:
    known: Config = settings.NEWSLETTER
    return known.model_copy(update={"people": people or PEOPLE})


def before_slot(**ahead: float) -> datetime:
    return SLOT_AT - timedelta(**ahead)


def look(now: datetime, config: Config | None = None) -> list[ServiceContent]:
    """Look once, and give the mails that were posted by it."""
    known = set(ServiceMail.objects.values_list("pk", flat=True))
    posted = post_alerts(config or site(), now)
    mails = [open_content(mail.key, mail.content) for mail in ServiceMail.objects.exclude(pk__in=known).order_by("pk")]
    assert posted.mails == len(mails)
    return mails


def told(now: datetime, config: Config | None = None) -> list[str]:
    return sorted(mail.address for mail in look(now, config))
