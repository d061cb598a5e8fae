"""Cases for the rules about pictures that were changed on their way to readers."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.authoring.issue import Image, Original
from newsletter.checking.report import Draft
from tests.unit.checking.cases import Cases
from tests.unit.checking.drafts import block, written


def _picture(original: Original | None) -> Draft:
    image = Image("images/walk.jpg", b"", "image/jpeg", 1040, 780, original)
    return written("Text.", block("figure", {"image": image, "alt": "A path through a park"}))


_TURNED = Original(weight=3_000_000, width=3000, height=4000)

CASES: Mapping[str, Cases] = {
    "picture-location": Cases(
        fails=[_picture(Original(weight=3_000_000, width=4000, height=3000, located=True))],
        passes=[_picture(None), _picture(_TURNED)],
    ),
    "picture-stands-still": Cases(
        fails=[_picture(Original(weight=90_000, width=300, height=200, frames=2))], passes=[_picture(None), _picture(_TURNED)]
    ),
}
