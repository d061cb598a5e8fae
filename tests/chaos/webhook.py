"""A real ``newsletter web`` that SendGrid's events are posted to."""

from __future__ import annotations

import base64
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.chaos.ground import Ground
from tests.ports import keep_port


class Webhook:
    """Where it will be, and the key that its events are signed with."""

    def __init__(self) -> None:
        self.port = keep_port()
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def settings(self) -> dict[str, object]:
        """What the program is told."""
        public = self._key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return {
            "WEB__PORT": self.port,
            "DELIVERY__SENDGRID__WEBHOOK_PUBLIC_KEY": base64.b64encode(public).decode(),
        }

    @property
    def plan(self) -> dict[str, Any]:
        """What the recording server is told."""
        secret = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {"webhook": f"http://127.0.0.1:{self.port}/webhooks/sendgrid", "signing_key": secret.decode()}


@contextmanager
def webhook_on(webhook: Webhook, ground: Ground) -> Iterator[None]:
    """Run the pages' server while the block lasts."""
    command = [str(Path(sys.executable).with_name("newsletter")), "web"]
    with (ground.folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ground.site, env=ground.environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _await_port(webhook.port)
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_port(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, "the pages' server did not start"
            time.sleep(0.1)
        else:
            return
