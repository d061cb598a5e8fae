r"""What people type → the registry's query language, Essie, as nothing but words.

Essie's operators are words in capitals (AND, OR, NOT, AREA, RANGE, …) and ``" ( ) [ ] \``; a run of words without any is one
search term, of which the registry also knows synonyms (https://classic.clinicaltrials.gov/api/gui/ref/syntax and …/ref/expr).
Small letters can therefore never be an operator, not even one that is invented tomorrow, and the registry minds no case. A phrase
in quotation marks would be a literal too, but it finds only records with exactly these words in this order.
"""

from __future__ import annotations

import re
import unicodedata

_NO_WORD = re.compile(r"[^\w+\-./'%]|_")
_ONLY_MARKS_AT_THE_EDGE = "-./'%+"
NCT_ID_ANYHOW = re.compile(r"nct0*([1-9][0-9]{0,7})", re.IGNORECASE)
"""What the registry takes for an NCT number wherever one may stand: it fills in the zeros (OpenAPI 2.0.3, ``filter.ids``)."""


def plain_term(text: str) -> str:
    """Give the words of a text as one Essie term, in small letters; "" where there are none.

    A "+" stays at a word's end (HER2+), marks within a word stay (HER2-low, T-DM1, 5-FU); everything else parts words.
    """
    words = _NO_WORD.sub(" ", unicodedata.normalize("NFKC", text).lower()).split()
    # Small letters of some scripts have no form of their own and stay capitals; none of them spells an operator.
    kept = [_without_marks(word) for word in words]
    return " ".join(word for word in kept if word)


def nct_ids_of(text: str) -> list[str]:
    """Give the NCT numbers of a text that holds nothing else, in the registry's own form; [] where it holds other words.

    The registry ignores every filter of a query that holds only such numbers (OpenAPI 2.0.3, ``/studies``).
    """
    words = re.split(r"[^\w]+", plain_term(text))
    matches = [NCT_ID_ANYHOW.fullmatch(word) for word in words if word]
    if not matches or None in matches:
        return []
    return list(dict.fromkeys(f"NCT{match[1]:0>8}" for match in matches if match))


def _without_marks(word: str) -> str:
    plus = "+" if word.endswith("+") else ""
    bare = word.strip(_ONLY_MARKS_AT_THE_EDGE)
    return bare + plus if bare else ""
