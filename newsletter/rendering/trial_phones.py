"""The telephone numbers of a trial's contacts, as the registry has them, made into links that dial from anywhere.

A number without a country code is one of the United States, Canada or the Caribbean (North American Numbering Plan); any other
would reach a stranger, or nobody, so it gets no link. RFC 3966: ``tel:`` wants the country code, and ``;ext=`` the extension.
"""

from __future__ import annotations

import re

_NORTH_AMERICAN = re.compile(r"(?<![\d+])(?:\+?1[\s.-]*)?\(?([2-9]\d\d)\)?[\s./-]*([2-9]\d\d)[\s.-]*(\d{4})(?!\d)")
_ABROAD = re.compile(r"\+\s*((?!1)[1-9](?:[\s./()-]{0,3}\d){6,14})(?!\d)")
_TRUNK_PREFIX = re.compile(r"\(0\)")
_EXTENSION = re.compile(r"(?i)(?:\bext(?:ension)?\b|\bx(?=[\s.:]*\d)|(?<=\d)x|#)[\s.:=]*(\d{1,7})")
_COUNTRY_CODE = re.compile(r"\+[1-9]\d{0,2}")


def phone_link(phone: str, extension: str = "") -> str:
    """Give the tel: link of a number as people write it; empty when it holds none that can be dialled from everywhere.

    Of several numbers it is the first. Some sponsors put the country code where the extension belongs (NCT06171568: "+33").
    """
    number, _, _ = _EXTENSION.sub(";", phone).partition(";")
    if _COUNTRY_CODE.fullmatch(extension.strip()):
        local = re.sub(r"\D", "", number).removeprefix("0")
        return f"tel:{extension.strip()}{local}" if 6 <= len(local) <= 12 and local.strip("0") else ""
    dialled = _with_country_code(number)
    digits = re.sub(r"\D", "", extension) or next(iter(_EXTENSION.findall(phone)), "")
    link = f"tel:+{dialled}{f';ext={digits}' if digits else ''}" if dialled else ""
    return link if link.isascii() else ""  # digits of other scripts, which no telephone knows


def _with_country_code(number: str) -> str:
    abroad = _ABROAD.search(_TRUNK_PREFIX.sub("", number))
    if abroad:
        return re.sub(r"\D", "", abroad[1])
    here = _NORTH_AMERICAN.search(number)
    return f"1{''.join(here.groups())}" if here else ""
