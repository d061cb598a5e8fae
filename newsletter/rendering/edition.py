"""An edition: one language of an issue, rendered, immutable, known by its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Asset:
    """A picture that a mail or web page shows, published by the archive under its name.

    ``name`` starts with the SHA-256 of ``data`` (16 hex digits), so that an address never changes its meaning.
    """

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Variant:
    """The two parts of a mail for readers who chose ``topics``, in alphabetical order, among those of the ``for`` blocks."""

    topics: tuple[str, ...]
    html: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True)
class Edition:
    """One language of an issue as readers get it.

    ``language`` is the readers' language; ``written_in`` is the language of the text, another one when the issue has no
    edition in ``language`` (the mail then begins with a line that says so). ``html`` and ``text`` are the mail's two parts,
    ``web`` the archive page. ``html`` and ``text`` hold merge tokens (newsletter.rendering.merge); ``subject``, ``preheader``
    and ``web`` hold none: nobody's name stands on a lock screen or on a public page.

    ``topics`` are those that the issue's ``for`` blocks name, in alphabetical order. ``html`` and ``text`` show all these
    blocks; ``narrower`` has one variant for every other choice of ``topics``, so that there are 2 to the power of their number.
    """

    issue: str
    language: str
    written_in: str
    title: str
    subject: str
    preheader: str
    html: str = field(repr=False)
    text: str = field(repr=False)
    web: str = field(repr=False)
    assets: tuple[Asset, ...] = ()
    topics: tuple[str, ...] = ()
    narrower: tuple[Variant, ...] = ()

    @property
    def variants(self) -> tuple[Variant, ...]:
        """All variants of the mail, the fullest first."""
        return (Variant(self.topics, self.html, self.text), *self.narrower)

    @property
    def narrowest(self) -> Variant:
        """What every reader gets, whatever they chose: the variant with all ``for`` blocks closed."""
        return self.variants[-1]

    def variant_for(self, chosen: Collection[str]) -> Variant:
        """Give the variant for a reader who chose these topics, of which the issue may name some, all or none."""
        named = tuple(topic for topic in self.topics if topic in chosen)
        return next(variant for variant in self.variants if variant.topics == named)

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hex over every field, each with its length before it."""
        digest = hashlib.sha256()
        head = [self.issue, self.language, self.written_in, self.title, self.subject, self.preheader]
        for part in [*head, self.html, self.text, self.web]:
            data = part.encode()
            digest.update(len(data).to_bytes(8, "big") + data)
        for asset in self.assets:
            label = f"{asset.name}\0{asset.media_type}\0".encode()
            digest.update(label + hashlib.sha256(asset.data).digest())
        for variant in self.variants if self.topics else ():
            for part in (",".join(variant.topics), variant.html, variant.text):
                data = part.encode()
                digest.update(len(data).to_bytes(8, "big") + data)
        return digest.hexdigest()
