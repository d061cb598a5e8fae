"""One address for one page, however feeds write it: for telling that two links lead to the same, never for following.

The scheme, "www." and a slash at the end are left out of the comparison as well: feeds, searches and people disagree about them,
and two different pages of one address and two schemes are not seen in the wild.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from newsletter.checking.tracking import is_tracking_parameter

_DEFAULT_PORTS = frozenset({None, 80, 443})


def canonical_link(link: str) -> str:
    """Give what is the same for all addresses of one page; "" for what is no web address.

    Without scheme, "www.", default port, user, fragment, trailing slash and tracking parameters; the other parameters are sorted.
    """
    try:
        parts = urlsplit(link.strip())
        host, port = (parts.hostname or "").removesuffix(".").removeprefix("www."), parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    pairs = sorted(pair for pair in parts.query.split("&") if pair and not is_tracking_parameter(pair.partition("=")[0]))
    # A fragment of this form is a page of its own, in programs that run in a browser.
    page = f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    place = host if port in _DEFAULT_PORTS else f"{host}:{port}"
    return f"{place}{unquote(parts.path).rstrip('/')}{'?' if pairs else ''}{'&'.join(pairs)}{page}"
