"""The pictures of an issue: published under the digest of what they show."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from newsletter.authoring.issue import Image
from newsletter.rendering.edition import Asset

WIDEST = 520
"""Pixels between the margins of a letter. Outlook draws a picture as wide as its width attribute says."""

ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be shown: its address, and its size in CSS pixels."""

    url: str
    width: int
    height: int


@dataclass(slots=True)
class PictureShelf:
    """Gives pictures their public addresses and remembers them, each once, in the order of the issue."""

    base_url: str
    assets: dict[str, Asset] = field(default_factory=dict)

    def show(self, image: Image) -> Picture:
        """Put ``image`` on the shelf and say how to show it."""
        name = hashlib.sha256(image.data).hexdigest()[:16] + ENDINGS[image.media_type]
        self.assets.setdefault(name, Asset(name, image.media_type, image.data))
        width = min(image.width, WIDEST)
        return Picture(f"{self.base_url}/assets/{name}", width, round(image.height * width / image.width))
