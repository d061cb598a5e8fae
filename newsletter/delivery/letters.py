"""From a marked delivery to what goes on the wire: a variant of an edition compiled once, and one person's parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from newsletter.delivery.dkim import DkimSigner
from newsletter.rendering.edition import Edition, Variant
from newsletter.rendering.mail_headers import SAFE_ADDRESS, SenderHeaders
from newsletter.rendering.merge import Personal
from newsletter.rendering.message import MessageTemplate, compile_message


@dataclass(frozen=True, eq=False)
class LetterForm:
    """What all letters of one variant of an edition share: of the fullest one, where ``narrower`` does not give another.

    ``message_domain`` stands behind the @ of every Message-ID. ``bounces_by_key``: the envelope sender of a letter carries its
    key, so that what comes back says which letter it was (VERP).
    """

    edition: Edition
    headers: SenderHeaders
    envelope_from: str
    message_domain: str
    narrower: Variant | None = field(repr=False, default=None)
    bounces_by_key: bool = False

    @cached_property
    def variant(self) -> Variant:
        """The two parts of the mail."""
        return self.narrower or self.edition.variants[0]

    @cached_property
    def template(self) -> MessageTemplate:
        """The message, compiled once."""
        return compile_message(self.edition, self.headers, variant=self.variant)


@dataclass(slots=True)  # not frozen: one is made for every mail, in a quarter of the time
class Letter:
    """One delivery on its way. ``key`` is the ledger's name for it; ``date`` stands in the Date header."""

    delivery_id: int
    key: str
    form: LetterForm
    personal: Personal = field(repr=False)
    date: datetime

    @property
    def address(self) -> str:
        """Where it goes."""
        return self.personal.address

    @property
    def envelope_from(self) -> str:
        """Where the mail goes when it comes back: bounces+KEY@example.org where bounces are told apart by it."""
        if not self.form.bounces_by_key:
            return self.form.envelope_from
        local, _, domain = self.form.envelope_from.rpartition("@")
        return f"{local}+{self.key}@{domain}"

    @property
    def has_safe_address(self) -> bool:
        """Whether the address can stand in a header and in a command; addresses are stored in ASCII (RFC 6531 is not needed)."""
        return SAFE_ADDRESS.fullmatch(self.personal.address) is not None

    @property
    def message_id(self) -> str:
        """Our own Message-ID: it says nothing about the person and is the same whenever this letter is built."""
        return f"<{self.key}@{self.form.message_domain}>"

    def to_bytes(self, signer: DkimSigner | None = None) -> bytes:
        """Build the message: CRLF lines, headers and body."""
        return b"".join(self.pieces(signer))

    def pieces(self, signer: DkimSigner | None = None) -> list[bytes]:
        """Build the message as pieces to be joined, signed where there is a signer.

        It ends in CRLF and no line of it begins with a full stop: on the wire, the end-of-data dot is all that is added.
        """
        template = self.form.template
        head = template.personal_headers(self.personal, message_id=self.message_id, date=self.date)
        body = template.body(self.personal)
        if signer is None:
            return [head, template.same_headers, b"\r\n", *body]
        joined = b"".join(body)
        signature = signer.signature(head, template.same_headers, joined, at=self.date)
        return [signature, head, template.same_headers, b"\r\n", joined]
