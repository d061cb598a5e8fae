"""What servers on this machine need in more than one room."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.certificate import make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate, with its key in the same file, for 127.0.0.1."""
    return make_certificate(tmp_path_factory.mktemp("tls") / "certificate.pem")
