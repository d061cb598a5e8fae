"""The key that mail is signed with: making it once, reading it, and what the DNS has to say of it (RFC 6376, 3.6.1)."""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from newsletter.config import Config
from newsletter.delivery.dkim import DkimSigner
from newsletter.errors import SettingsError

BITS: Final = 2048
"""RFC 8301, 3.2: at least 1024, better 2048; longer ones do not fit where some DNS hosts take the record."""

LONGEST_STRING: Final = 255
"""Octets in one character string of a TXT record (RFC 1035, 3.3)."""


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """The TXT record by which everybody can verify our signatures."""

    name: str
    value: str

    def as_zone_line(self) -> str:
        """Write it as a line of a zone file, in character strings that are short enough."""
        starts = range(0, len(self.value), LONGEST_STRING)
        strings = " ".join(f'"{self.value[start : start + LONGEST_STRING]}"' for start in starts)
        return f"{self.name}. IN TXT ( {strings} )"


def find_signer(config: Config) -> DkimSigner | None:
    """Give what signs our mail; None where the settings ask for no signature. Raises SettingsError, which says what to do."""
    settings = config.delivery.dkim
    if settings is None:
        return None
    return DkimSigner(domain=settings.domain, selector=settings.selector, key=read_key(config.path(settings.key_file)))


def read_key(file: Path) -> RSAPrivateKey:
    """Read a private key; raises SettingsError for one that is missing, broken, too short, or readable by others."""
    try:
        readable_by_others = file.stat().st_mode & 0o077
        content = file.read_bytes()
    except FileNotFoundError:
        raise SettingsError(f"There is no key {file} to sign mail with. Make one: newsletter dkim") from None
    except OSError as error:
        raise SettingsError(f"The key {file} cannot be read ({error.strerror}). Mend its owner or permissions.") from None
    if readable_by_others:
        raise SettingsError(f"{file} can be read by others on this machine. Run: chmod 600 {file}")
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:
        raise SettingsError(
            f"{file} is not a private key in PEM without a password ({error}). Restore it from your backup, or move it away and "
            "make a new one: newsletter dkim"
        ) from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < BITS:
        raise SettingsError(f"{file} is not an RSA key of {BITS} bits or more. Move it away and make a new one: newsletter dkim")
    return key


def make_key(file: Path) -> bool:
    """Make a private key where there is none yet; say whether it was made. One that is there is never overwritten."""
    if file.exists():
        return False
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = generate_private_key(65537, BITS).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(pem)
            handle.flush()
            os.fsync(handle.fileno())
        os.link(draft, file)  # fails where somebody else was first: then that key counts
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def dns_record(key: RSAPrivateKey, *, domain: str, selector: str) -> DnsRecord:
    """Give the record to publish."""
    public: RSAPublicKey = key.public_key()
    encoded = base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode("ascii")
    return DnsRecord(f"{selector}._domainkey.{domain}", f"v=DKIM1; k=rsa; p={encoded}")
