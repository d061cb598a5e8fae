"""The links in a reader's mail: each carries a token that nobody can make without a link key.

A token is one version byte (which link key), the eight bytes of the subscription's public id, and a 16-byte MAC: 34 characters
of base64url, so that a List-Unsubscribe header stays short enough to be left alone by relays (docs/adr/0008).

One HMAC-SHA256 makes both tokens of a subscription: its first half is the MAC of the one purpose, its second half that of the
other. Either half says nothing about the other, so a token for one purpose is worth nothing for the other.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import b2a_base64
from enum import Enum

from newsletter.config import TOKEN_LENGTH
from newsletter.errors import SettingsError
from newsletter.keys import KeyRing
from newsletter.keys.in_use import RingInUse

PUBLIC_ID_LENGTH = 8
MAC_LENGTH = 16
PADDING = b"=="
BETWEEN = bytes(2)
SECOND_TOKEN, SECOND_TOKEN_END = TOKEN_LENGTH + 2, 2 * TOKEN_LENGTH + 2
BLOCK, INNER_PAD, OUTER_PAD = 64, 0x36, 0x5C
"""Of HMAC-SHA256 (RFC 2104, 2)."""

LABEL = b"reader-link"

TO_URLSAFE = bytes.maketrans(b"+/", b"-_")


class Purpose(Enum):
    """What a link may do; the value is the part of the HMAC that proves it."""

    MANAGE = slice(0, MAC_LENGTH)
    """See the masked address, change topics and language, pause, say goodbye."""
    UNSUBSCRIBE = slice(MAC_LENGTH, 2 * MAC_LENGTH)
    """Say goodbye, and nothing else."""


class LinkSigner:
    """Makes tokens with the newest link key that is in use, and reads those of any key.

    A retired key's tokens still unsubscribe: a reader's wish to leave outlives our keys. They do nothing else. ``rings`` is asked
    when a token names a key that is not known: another process may have made it a moment ago.
    """

    def __init__(self, ring: KeyRing, *, rings: RingInUse | None = None) -> None:
        self._ring = ring
        self._rings = rings
        self._keys = dict(ring.link)
        self._retired = ring.retired_links
        in_use = self._keys.keys() - self._retired
        if not in_use:
            raise SettingsError("Every link key of the key ring is retired. Make a new one: newsletter keys rotate --links")
        self._newest = max(in_use)
        self._newest_byte = bytes([self._newest])
        self._begun = {version: (_begun(key, INNER_PAD), _begun(key, OUTER_PAD)) for version, key in self._keys.items()}

    @classmethod
    def of(cls, rings: RingInUse) -> LinkSigner:
        """Sign with the ring in use, and read also what another process signed with a newer key a moment ago."""
        return cls(rings.ring(), rings=rings)

    def token(self, public_id: bytes, purpose: Purpose) -> str:
        """Make the 34-character token by which the subscription with this public id is reached for ``purpose``."""
        if len(public_id) != PUBLIC_ID_LENGTH:
            raise ValueError("a public id has eight bytes")
        named = bytes([self._newest]) + public_id
        return urlsafe_b64encode(named + self._whole_mac(named)[purpose.value]).rstrip(b"=").decode()

    def both_tokens(self, public_id: bytes) -> tuple[str, str]:
        """Make the two tokens of a subscription, to manage it and to unsubscribe, with one HMAC."""
        if len(public_id) != PUBLIC_ID_LENGTH:
            raise ValueError("a public id has eight bytes")
        named = self._newest_byte + public_id
        mac = self._whole_mac(named)
        # Two bytes between them let the second token begin at a whole character, and are not in either.
        both = b2a_base64(named + mac[:MAC_LENGTH] + BETWEEN + named + mac[MAC_LENGTH:], newline=False)
        text = both.translate(TO_URLSAFE).decode("ascii")
        return text[:TOKEN_LENGTH], text[SECOND_TOKEN:SECOND_TOKEN_END]

    def read(self, token: str, purpose: Purpose) -> bytes | None:
        """Give the public id of a token that was made for ``purpose``; None for anything else, in constant time."""
        try:
            raw = urlsafe_b64decode(token.encode("ascii") + PADDING) if len(token) == TOKEN_LENGTH else b""
        except (UnicodeEncodeError, binascii.Error):
            return None
        # Base64 leaves four bits over and its reader skips foreign characters: only the one spelling that we write counts.
        if len(raw) != 1 + PUBLIC_ID_LENGTH + MAC_LENGTH or urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
            return None
        version, named, mac = raw[0], raw[: 1 + PUBLIC_ID_LENGTH], raw[1 + PUBLIC_ID_LENGTH :]
        if version not in self._keys:
            return self._read_with_later_key(token, purpose)
        if version in self._retired and purpose is not Purpose.UNSUBSCRIBE:
            return None
        return named[1:] if hmac.compare_digest(mac, self._whole_mac(named)[purpose.value]) else None

    def is_retired(self, token: str) -> bool:
        """Say whether the key of a token that was read is retired: its reader may leave with it, and do nothing else."""
        return urlsafe_b64decode(token[:4])[0] in self._retired

    def _read_with_later_key(self, token: str, purpose: Purpose) -> bytes | None:
        if self._rings is None or (ring := self._rings.look_again()) is self._ring:
            return None
        return LinkSigner(ring).read(token, purpose)

    def _whole_mac(self, named: bytes) -> bytes:
        """Make the HMAC-SHA256 (RFC 2104) of a name, from hashes that have the key in them already: four times as fast."""
        inner, outer = self._begun[named[0]]
        inner, outer = inner.copy(), outer.copy()
        inner.update(LABEL + named)
        outer.update(inner.digest())
        return outer.digest()


def _begun(key: bytes, pad: int) -> hashlib._Hash:
    """Begin one of the two hashes of an HMAC-SHA256."""
    block = key if len(key) <= BLOCK else hashlib.sha256(key).digest()
    return hashlib.sha256(bytes(byte ^ pad for byte in block.ljust(BLOCK, b"\0")))


class ReaderLinks:
    """The two addresses that stand in a reader's mail."""

    def __init__(self, base_url: str, signer: LinkSigner) -> None:
        self._base_url = base_url
        self._signer = signer
        self._manage, self._leave = f"{base_url}/m/", f"{base_url}/u/"

    def both_urls(self, public_id: bytes) -> tuple[str, str]:
        """Give both addresses of a mail, as ``manage_url`` and ``unsubscribe_url`` do one by one, at half the price."""
        manage, unsubscribe = self._signer.both_tokens(public_id)
        return self._manage + manage, self._leave + unsubscribe

    def manage_url(self, public_id: bytes) -> str:
        """Give the address of the reader's own page."""
        return f"{self._base_url}/m/{self._signer.token(public_id, Purpose.MANAGE)}"

    def unsubscribe_url(self, public_id: bytes) -> str:
        """Give the address that stands in List-Unsubscribe: a page with a button, and the target of RFC 8058's POST."""
        return f"{self._base_url}/u/{self._signer.token(public_id, Purpose.UNSUBSCRIBE)}"
