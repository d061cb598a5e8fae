"""What gives readers away in an address: parameters that count or know people, and hosts that stand between us and the page."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PARAMETERS = frozenset(
    {
        *("fbclid", "gclid", "gclsrc", "gbraid", "wbraid", "dclid", "msclkid", "twclid", "ttclid", "li_fat_id", "igsh", "igshid"),
        *("yclid", "srsltid", "mc_cid", "mc_eid", "mkt_tok", "_ga", "_gl", "_ke", "_kx", "ck_subscriber_id", "sc_cid", "s_cid"),
        *("trk", "trkcampaign", "elqtrack", "elqtrackid", "elqaid", "elqat", "et_rid", "mi_u", "wickedid", "rb_clickid", "cmpid"),
        *("icid", "guccounter", "spm", "__s", "emci", "emdi", "ceid", "nltr_id", "dm_i", "zanpid", "irclickid"),
        *("oly_enc_id", "oly_anon_id", "ml_subscriber", "ml_subscriber_hash"),
    }
)
_BEGINNINGS = ("utm_", "stm_", "pk_", "piwik_", "mtm_", "hsa_", "_hs", "__hs", "vero_", "ns_", "sfmc_", "guce_")
"""Parameters that only count or recognise people, in full and by their beginnings (compare the lists of Firefox and Brave)."""

_SHORTENERS = frozenset(
    {
        *("bit.ly", "j.mp", "tinyurl.com", "tiny.cc", "t.co", "ow.ly", "goo.gl", "is.gd", "v.gd", "buff.ly", "lnkd.in", "rb.gy"),
        *("rebrand.ly", "cutt.ly", "shorturl.at", "t.ly", "bl.ink", "snip.ly", "dlvr.it", "trib.al", "hubs.ly", "eepurl.com"),
        *(
            "fb.me",
            "amzn.to",
            "adf.ly",
            "qr.ae",
            "soo.gd",
            "s.id",
            "shor.by",
            "urlz.fr",
            "bitly.com",
            "mailchi.mp",
            "a.co",
            "lnk.to",
        ),
    }
)
_REDIRECTORS = frozenset(
    {
        *("list-manage.com", "safelinks.protection.outlook.com", "urldefense.com", "urldefense.proofpoint.com", "rs6.net"),
        *("ct.sendgrid.net", "l.facebook.com", "lm.facebook.com", "l.instagram.com", "out.reddit.com", "hubspotlinks.com"),
        *(
            "linkprotect.cudasvc.com",
            "lnks.gd",
            "links.govdelivery.com",
            "click.convertkit-mail.com",
            "mailtrack.io",
            "exacttarget.com",
        ),
        *("awstrack.me", "mandrillapp.com", "klclick.com", "hs-sites.com", "mjt.lu", "sendibt3.com", "protect.checkpoint.com"),
    }
)
"""Hosts, with all below them, that write down who follows a link and pass it on."""

_GOOGLE_REDIRECT = re.compile(r"(?:www\.)?google\.[a-z.]+/url\?|news\.google\.com/(?:rss/)?articles/", re.IGNORECASE)


def is_tracking_parameter(name: str) -> bool:
    """Say whether a parameter's only use is to count or to recognise people."""
    return name.lower() in _PARAMETERS or name.lower().startswith(_BEGINNINGS)


def find_tracking_parameters(url: str) -> list[str]:
    """Give the names of an address's tracking parameters, in their order."""
    query = url.partition("?")[2].partition("#")[0]
    names = (pair.partition("=")[0] for pair in query.replace("&amp;", "&").split("&")) if query else ()
    return [name for name in names if is_tracking_parameter(name)]


def without_tracking(url: str) -> str:
    """Give an address without its tracking parameters; everything else stays as it is written."""
    if not find_tracking_parameters(url):
        return url
    page, _, rest = url.partition("?")
    query, mark, fragment = rest.partition("#")
    kept = "&".join(pair for pair in query.split("&") if not is_tracking_parameter(pair.partition("=")[0]))
    return f"{page}{'?' if kept else ''}{kept}{mark}{fragment}"


def is_shortener(url: str) -> bool:
    """Say whether an address is a short one that hides where it leads."""
    return _host(url) in _SHORTENERS


def is_redirector(url: str) -> bool:
    """Say whether an address leads through a service that counts who follows it."""
    host = _host(url)
    above = {host[at:] for at in [0, *(dot.end() for dot in re.finditer(r"\.", host))]}
    return not above.isdisjoint(_REDIRECTORS) or _GOOGLE_REDIRECT.match(url.partition("://")[2]) is not None


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
