"""Why a certificate does not hold, in words."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from types import MappingProxyType

_WORDS: Mapping[int, str] = MappingProxyType(
    {
        9: "the certificate of {host} is not valid yet",
        10: "the certificate of {host} has expired",
        18: "{host} made its certificate itself (self-signed)",
        19: "the certificate of {host} comes from an authority that browsers do not know",
        20: "{host} does not show who gave it its certificate, which some browsers put up with and others do not",
        21: "{host} does not show who gave it its certificate, which some browsers put up with and others do not",
        23: "the certificate of {host} was revoked",
        62: "the certificate of {host} is made out to another name",
        64: "the certificate of {host} is made out to another address",
    }
)
"""By OpenSSL's X509_V_ERR_… (openssl/x509_vfy.h)."""


def why_untrusted(error: ssl.SSLCertVerificationError, host: str) -> str:
    """Say why, as a piece of a sentence."""
    words = _WORDS.get(error.verify_code)
    return words.format(host=host) if words else f"the certificate of {host} does not hold ({error.verify_message})"
