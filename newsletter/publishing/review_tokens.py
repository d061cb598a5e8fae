"""The token in a reviewer's link: 32 random bytes, of which the database keeps the SHA-256 only."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """Make a token: 43 characters that can stand in an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Give what is stored of a token. It is random, so that a bare hash cannot be turned round."""
    return hashlib.sha256(token.encode()).hexdigest()
