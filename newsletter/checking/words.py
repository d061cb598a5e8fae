"""The word lists of the rules, English and Spanish together: a subject in one language may borrow from the other.

Words are compared without capitals and accents (``plain``).
"""

from __future__ import annotations

import re
import unicodedata

DIAGNOSIS = re.compile(
    r"""\b(
        cancer\w* | canceres | carcinoma\w* | tumou?r\w* | oncolog\w* | malignan\w* | malign[oa]s?
      | metasta\w* | mbc | tnbc | cmm | her2 | brca[12]? | pik3ca | triple[ -]negativ\w*
      | (stage|estadio|etapa)[ ](iv|4|four|cuatro)
      | breast\w* | mama | seno | ovarian | ovarios? | uterine
      | chemo\w* | quimio\w* | radiation | radioterapia | terminal | incurable | palliative | paliativ\w* | hospice
    )\b""",
    re.VERBOSE,
)
"""What tells a stranger who glances at a phone what its owner lives with."""

VAGUE_LINK_WORDS = frozenset(
    {
        *("click", "click here", "click this link", "here", "go here", "tap here", "press here", "see here"),
        *("read more", "more", "learn more", "see more", "find out more", "more info", "more information", "continue"),
        *("continue reading", "details", "more details", "info", "link", "this link", "this", "this page", "this website"),
        *("page", "website", "download", "read on", "go", "visit", "source"),
        *("aqui", "haga clic", "haga clic aqui", "haz clic", "haz clic aqui", "clic aqui", "pulse aqui", "pulsa aqui"),
        *("presione aqui", "oprima aqui", "vea aqui", "ver aqui", "leer mas", "lea mas", "mas", "mas informacion", "mas info"),
        *("ver mas", "vea mas", "saber mas", "conozca mas", "continuar", "seguir leyendo", "siga leyendo", "detalles"),
        *("mas detalles", "enlace", "este enlace", "esto", "esta pagina", "pagina", "sitio", "sitio web", "este sitio"),
        *("descargar", "ir", "fuente"),
    }
)
"""Link texts that say nothing when a screen reader lists the links of a page."""

DISCLAIMER = re.compile(
    r"""\b(?:
        not\ (\w+\ ){0,3}medical\ advice
      | (not|never|can't|cannot)\ (\w+\ ){0,3}(replace|substitute|a\ substitute|take\ the\ place)\b
      | no\ (medical\ advice
          | (es|son|constituye\w*|da|damos|ofrece\w*)\ (\w+\ ){0,3}(consejos?|asesoramiento|recomendacion\w*)\ medic
          | (\w+\ ){0,2}(sustituy\w+|reemplaz\w+|sustituir|reemplazar))
    )""",
    re.VERBOSE,
)
"""Sentences that say what a letter is not. To ask one's care team is said for many reasons, and disclaims nothing."""


def plain(text: str) -> str:
    """Give text without capitals, accents and surplus whitespace."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())
