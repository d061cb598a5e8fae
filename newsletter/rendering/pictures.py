"""The pictures and calendar files of an issue: published under the digest of what is in them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from newsletter.authoring import picture_headers
from newsletter.authoring.issue import Image
from newsletter.rendering.edition import Asset

WIDEST = picture_headers.WIDEST // 2
"""Pixels between the margins of a letter. Outlook draws a picture as wide as its width attribute says."""

ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "text/calendar": ".ics"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be shown: its address, and its size in CSS pixels."""

    url: str
    width: int
    height: int


@dataclass(slots=True)
class PictureShelf:
    """Gives pictures and other files their public addresses and remembers them, each once, in the order of the issue."""

    base_url: str
    assets: dict[str, Asset] = field(default_factory=dict)

    def show(self, image: Image) -> Picture:
        """Put ``image`` on the shelf and say how to show it."""
        width = min(image.width, WIDEST)
        return Picture(self.publish(image.data, image.media_type), width, round(image.height * width / image.width))

    def publish(self, data: bytes, media_type: str) -> str:
        """Put a file on the shelf and give its address."""
        name = hashlib.sha256(data).hexdigest()[:16] + ENDINGS[media_type]
        self.assets.setdefault(name, Asset(name, media_type, data))
        return f"{self.base_url}/assets/{name}"
