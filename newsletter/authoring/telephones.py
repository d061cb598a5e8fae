"""Telephone numbers: enough digits to be dialled, and not too many.

Numbers of the United States, Canada and the Caribbean have ten digits, or eleven with the 1 before them, and neither the area
code nor the exchange begins with 0 or 1 (North American Numbering Plan); others begin with + and their country's code and
have 8 to 15 digits (ITU-T E.164). 988 and 911 are the short numbers that a reader may need.
"""

from __future__ import annotations

import re

HERE = re.compile(r"1?[2-9][0-9]{2}[2-9][0-9]{6}")
ABROAD = re.compile(r"(?!1)[1-9][0-9]{7,14}")
SHORT = re.compile(r"[2-9]11|988")
LIKE_A_NUMBER = 'Write it as readers dial it: "844-275-7427", or with + and the country code: "+34 912 345 678".'
_EXTENSION = re.compile(r"(?:[\s,;]*(?:ext(?:ension|\.)?|x|#)[\s.=]*[0-9]{1,7})$", re.IGNORECASE)
_IN_WORDS_TOO = re.compile(r"(.+?)\s*\((\+?[0-9][0-9 .-]{6,})\)")
_WRITTEN = re.compile(r"\+?[0-9A-Za-z(][0-9A-Za-z ().\-\u2010-\u2013\u00a0]*")
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_LETTER_NUMBER = re.compile(r"1?[2-9][0-9]{2}[2-9][0-9]{6,9}")


def find_phone_mistake(text: str) -> tuple[str, str] | None:
    """Say what is wrong with a telephone number and how to mend it, None when it can be dialled.

    Letters stand for the keys they are on, as in 844-ASK-SHARE; the digits may follow in parentheses, an extension after "ext".
    """
    number = _EXTENSION.sub("", text.strip())
    both = _IN_WORDS_TOO.fullmatch(number)
    if both and any(character.isalpha() for character in both[1]):
        number = both[2]
    if not _WRITTEN.fullmatch(number):
        return "it has other signs in it than digits, spaces, hyphens and parentheses", LIKE_A_NUMBER
    keys = re.sub(r"[^0-9A-Z]", "", number.upper())
    if not keys.isdecimal():
        if _LETTER_NUMBER.fullmatch(keys.translate(_KEYS)) and keys[:3].isdecimal():
            return None
        return "its letters and digits make no number", LIKE_A_NUMBER
    return _find_digits_mistake(keys, abroad=number.startswith("+"))


def _find_digits_mistake(digits: str, *, abroad: bool) -> tuple[str, str] | None:
    if HERE.fullmatch(digits) and (not abroad or digits.startswith("1")):
        return None
    if ABROAD.fullmatch(digits) if abroad else SHORT.fullmatch(digits):
        return None
    count = f"it has {len(digits)} digits"
    if abroad and not digits.startswith("1"):
        return f"{count}; with a country code it has 8 to 15, and does not begin with 0", LIKE_A_NUMBER
    if abroad and len(digits) != 11:
        return f"{count}; +1 and a number here are 11", LIKE_A_NUMBER
    if len(digits) in (10, 11):
        return "no number here has 0 or 1 where its area code or its exchange begins", "Look it up again, and dial it once."
    fix = "Write + and the country code before it, if it is one of another country." if len(digits) > 7 else LIKE_A_NUMBER
    return f"{count}; a number here has 10, or 11 with the 1 before them", fix
