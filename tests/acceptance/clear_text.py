"""How an address, a name or a token could stand somewhere in clear, and whether it does."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

SHORTEST: int = 6
"""Characters of a name that is looked for by itself: shorter ones stand in noise by chance, and are looked for in quotes."""


def spellings_of_address(address: str) -> Iterator[bytes]:
    """Give the ways in which an address could be written, and the hashes of it that anybody could make."""
    for one in {address, address.lower()}:
        yield from _spellings(one)
        for algorithm in ("md5", "sha1", "sha256"):
            digest = hashlib.new(algorithm, one.encode(), usedforsecurity=False)
            yield digest.hexdigest().encode()
            yield from _base64(digest.digest())


def spellings_of_name(name: str) -> Iterator[bytes]:
    """Give the ways in which a first name could be written."""
    if len(name) >= SHORTEST:
        yield from _spellings(name)
    elif len(name) > 2:
        yield from (f'"{name}"'.encode(), f",{name},".encode(), f">{name}<".encode())


def spellings_of_token(token: str) -> Iterator[bytes]:
    """Give the token, and what it stands for, also after the eight bytes of a reader's public id."""
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    yield from (token.encode(), raw.hex().encode(), raw[-16:].hex().encode())


def files_with(needles: Iterable[bytes], files: Iterable[Path], *, folder: Path) -> list[str]:
    """Give the files that hold one of the needles, capitals or not, each with what was found."""
    listed = folder / "needles"
    listed.write_bytes(b"\n".join(sorted({needle for needle in needles if needle})))
    found = subprocess.run(
        ["grep", "-a", "-i", "-o", "-F", "-H", "-f", listed, "--", *files],
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    assert found.returncode in {0, 1}, found.stderr
    return sorted(set(found.stdout.decode(errors="replace").splitlines()))


def _spellings(text: str) -> Iterator[bytes]:
    plain = text.encode()
    yield plain
    yield from (quote(text, safe="").encode(), quote_plus(text).encode(), plain.hex().encode(), text[::-1].encode())
    yield text.encode("unicode_escape")
    yield from _base64(plain)


def _base64(plain: bytes) -> Iterator[bytes]:
    """Give what stays the same of a text's base64 wherever it stands in a longer one."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + plain)
        kept = whole[(0, 2, 3)[before] : len(whole) - (4 if (before + len(plain)) % 3 else 0)]
        if len(kept) >= 8:
            yield kept
            yield kept.translate(bytes.maketrans(b"+/", b"-_"))
