"""/privacy: what is kept about readers, in plain words. Every number on it, and how mail leaves, is taken from the settings."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from newsletter.settings import RetentionSettings
from newsletter.subscribers.erasing import UNDONE_WITHIN
from newsletter.subscribers.installation import config, page_design
from newsletter.subscribers.mailed_links import LIVES
from newsletter.subscribers.models import LinkPurpose
from newsletter.subscribers.web.page_design import Words
from newsletter.subscribers.web.pages import draw_page, words_for

PERIODS: Final = {
    "long_left": "ended",
    "long_deliveries": "deliveries",
    "long_events": "events",
    "long_service": "service_mails",
    "long_links": "links",
    "long_requests": "requests",
    "long_audit": "audit",
}
"""Sentences of the words' [privacy], and the setting of [retention] that each gives."""

DAYS_IN_A_YEAR: Final = 365


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the page in the language of ``?lang=``, else in the browser's."""
    words = words_for(request, request.GET.get("lang"))
    kept = config().retention
    values: dict[str, Any] = {
        "other_languages": _other_languages(words),
        "transport": words.say("privacy", f"others_{config().delivery.transport}"),
        "fresh_link": words.say("privacy", "do_fresh", minutes=str(int(LIVES[LinkPurpose.FRESH].total_seconds() // 60))),
        "died": words.say("privacy", "do_died", time=in_words(words, UNDONE_WITHIN.days)),
        "periods": _periods(words, kept),
        "backups": words.say("privacy", "backups", time=in_words(words, kept.backups)),
    }
    answer = draw_page(request, "privacy.html.j2", words, **values)
    answer.headers["X-Robots-Tag"] = "all"
    patch_vary_headers(answer, ["Accept-Language"])
    return answer


def in_words(words: Words, days: int) -> str:
    """Write a period as people say it: in years where it is whole years, else in days."""
    years, rest = divmod(days, DAYS_IN_A_YEAR)
    number, one, several = (days, "day", "days") if rest else (years, "year", "years")
    return words.say("privacy", one if number == 1 else several, number=str(number))


def _periods(words: Words, kept: RetentionSettings) -> list[str]:
    return [words.say("privacy", name, time=in_words(words, getattr(kept, setting))) for name, setting in PERIODS.items()]


def _other_languages(words: Words) -> list[dict[str, str]]:
    return [
        {"key": key, "name": other.sections["date"]["language"], "url": f"/privacy?lang={key}"}
        for key, other in page_design().words.items()
        if key != words.language
    ]
