"""Pages that say "all is well" to a program and "there is nothing here" to a person: soft 404s, in English and Spanish.

Each is a suspicion, since a title is only words: it makes a warning, and names its reason.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SENTENCES = re.compile(
    r"""
      \b(page|file|url|address|link|resource|document)\b.{0,40}\b(not\ (be\ )?found|(does\ not|doesn.t|no\ longer)\ exists?)\b
    | \b(page|content|document)\b.{0,20}\b(no\ longer|not)\ available\b
    | \b(can.?t|cannot|could\ not|couldn.t|unable\ to)\ find\ (that|the|this|your)\ page\b
    | \berror\ 404\b | \b404\ error\b | \b404\b.{0,12}\bnot\ found\b | \bnot\ found\b.{0,12}\b404\b
    | \bp[áa]gina\b.{0,40}\bno\ ((ha\ sido|fue|se\ ha|est[áa])\ )?(encontrad[ao]|existe|disponible|encontr[óo])
    | \bp[áa]gina\b.{0,40}\bno\ se\ (encuentra|encontr[óo])
    | \bno\ (se\ )?(encontramos|encontr[óo]|encuentra|pudimos\ encontrar|existe)\b.{0,20}\bp[áa]gina\b
    | \b(domain|dominio)\b.{0,20}\b(for\ sale|en\ venta|parked|estacionado)\b | \bbuy\ this\ domain\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ALONE = re.compile(
    r"(error\s*)?404|not found|page missing|no encontrad[ao]|recurso no encontrado|gone|oops!?|p[áa]gina de error|error page",
    re.IGNORECASE,
)
"""What is a whole part of a title by itself: "Not found" is one, "Gene not found in mice" is not."""
_PARTS = re.compile(r"\s*[|·•»:]\s*|\s+[-\N{EN DASH}\N{EM DASH}]\s+")
_FRONT = re.compile(r"/?|/(index|home|default|inicio)(\.\w+)?/?|/[a-z]{2}([-_][a-z]{2})?/?", re.IGNORECASE)
"""Paths of front pages, those of a language included."""
_PERSON_WANTED = re.compile(
    r"just a moment|attention required|are you (a )?(human|robot)|access denied|security check|un momento|pardon our interruption"
    r"|verif(y|ying) you are human|verifica(ndo)? que (usted )?es humano|acceso denegado|captcha",
    re.IGNORECASE,
)


def looks_missing(title: str, heading: str, *, asked: str, led_to: str) -> str:
    """Say why a page that answered seems not to be there, "" when it does not seem so."""
    for what, words in (("title", title), ("heading", heading)):
        plain = " ".join(words.split())
        if plain and len(plain) < 200 and (_SENTENCES.search(plain) or any(map(_ALONE.fullmatch, _PARTS.split(plain)))):
            return f"the {what} of its page says “{plain[:80]}”"
    if _lost_its_way(asked, led_to):
        return f"it leads to the front page of the site, {led_to}"
    return ""


def asks_for_a_person(title: str) -> bool:
    """Say whether a page wants to see a person, not a program, before it shows what it has."""
    return bool(_PERSON_WANTED.search(title))


def _lost_its_way(asked: str, led_to: str) -> bool:
    """Say whether the address of one page of a site led to the site's front page: its page is likely gone."""
    try:
        before, after = urlsplit(asked), urlsplit(led_to)
        one_site = _is_of_one_site(before.hostname or "", after.hostname or "")
    except ValueError:
        return False
    deep = not _FRONT.fullmatch(before.path) or bool(before.query)
    return one_site and deep and bool(_FRONT.fullmatch(after.path)) and not after.query


def _is_of_one_site(one: str, other: str) -> bool:
    one, other = one.removeprefix("www."), other.removeprefix("www.")
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
