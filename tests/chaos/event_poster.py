"""Signed events, posted as SendGrid posts them: out of order, some of them twice, again and again until somebody takes them."""

from __future__ import annotations

import asyncio
import base64
import random
import time
from collections.abc import Sequence
from typing import Any, Final

import httpx
import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

KINDS: Final = ("delivered", "processed", "deferred")
ALL_KINDS_FOR: Final = 10
"""Of so many mails one has events of every kind, and the others only the first."""

AT_ONCE: Final = 1_000
"""Events in one post."""

TIMES: Final = 200
"""Attempts at a post; nobody may be there for a while."""


class EventPoster:
    """Reports on every key that was taken, later or at once."""

    def __init__(self, webhook: str, signing_key: str, *, seed: int) -> None:
        key = serialization.load_pem_private_key(signing_key.encode(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        self._chance = random.Random(seed)  # noqa: S311 - the same order every time
        self._client = httpx.AsyncClient(timeout=30, trust_env=False)
        self._webhook = webhook
        self._reported: list[dict[str, Any]] = []
        self._posts: set[asyncio.Task[None]] = set()

    def report(self, keys: Sequence[str]) -> asyncio.Task[None]:
        """Begin to post what becomes of these."""
        at = int(time.time())
        events = [
            {"delivery": key, "event": kind, "timestamp": at + late, "sg_message_id": key[:12], "sg_event_id": f"{key}{late}"}
            for number, key in enumerate(keys)
            for late, kind in enumerate(KINDS if number % ALL_KINDS_FOR == 0 else KINDS[:1])
        ]
        self._reported += events
        twice = self._chance.sample(events, len(events) // 10)
        posting = asyncio.get_running_loop().create_task(self._post([*events, *twice]))
        self._posts.add(posting)
        posting.add_done_callback(self._posts.discard)
        return posting

    async def repeat(self) -> None:
        """Wait for all that is being posted, and post everything once more."""
        await asyncio.gather(*self._posts)
        await self._post(self._reported)

    async def _post(self, events: list[dict[str, Any]]) -> None:
        events = self._chance.sample(events, len(events))
        for start in range(0, len(events), AT_ONCE):
            await self._post_one(orjson.dumps(events[start : start + AT_ONCE]))

    async def _post_one(self, body: bytes) -> None:
        timestamp = str(int(time.time()))
        signature = self._key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        for _ in range(TIMES):
            try:
                response = await self._client.post(self._webhook, content=body, headers=headers)
                if response.status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
