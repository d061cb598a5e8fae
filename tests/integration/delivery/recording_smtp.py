"""An SMTP server that keeps what it is given, speaks PIPELINING, and fails on demand. It runs in a thread."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

DROP = "drop"
"""Instead of a reply: hang up."""

SILENCE = "silence"
"""Instead of a reply: nothing, for ever."""

Script = Callable[[str], str]
"""From a command (or, for a message, its recipient) to the reply."""


@dataclass
class Mail:
    sender: str
    recipients: list[str]
    content: bytes

    @property
    def key(self) -> str:
        """The delivery key in the Message-ID."""
        return self.content.partition(b"\r\nMessage-ID: <")[2].partition(b"@")[0].decode()


@dataclass
class RecordingSmtp:
    """``refuse`` answers MAIL and RCPT, ``after_message`` a final dot; an empty answer means the usual one."""

    extensions: Sequence[str] = ("PIPELINING",)
    greeting: str = "220 recording.example ESMTP"
    refuse: Script = lambda _: ""
    after_message: Script = lambda _: ""
    data_despite_refusals: bool = False
    context: ssl.SSLContext | None = None
    implicit_tls: bool = False
    slowness: float = 0
    mails: list[Mail] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def serve(self, started: threading.Event, stop: asyncio.Event) -> None:
        context = self.context if self.implicit_tls else None
        self._writers: set[asyncio.StreamWriter] = set()
        server = await asyncio.start_server(self._talk, "127.0.0.1", self.port, ssl=context, limit=2**22, backlog=200)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await stop.wait()
        server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.connections += 1
        try:
            await _Conversation(self, reader, writer).hold()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()


class _HungUpError(Exception):
    """The script said so, or the client did."""


class _Conversation:
    """One connection: a method for each command that needs more than its scripted or usual reply."""

    def __init__(self, server: RecordingSmtp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._sender = ""
        self._recipients: list[str] = []
        self._secured = server.implicit_tls

    async def hold(self) -> None:
        acts = {"EHLO": self._ehlo, "STARTTLS": self._starttls, "AUTH": self._auth, "MAIL": self._mail, "RCPT": self._rcpt}
        acts |= {"RSET": self._rset, "DATA": self._data, "QUIT": self._quit}
        self._say(self._server.greeting)
        with suppress(_HungUpError):
            while command := await self._listen():
                verb = command.partition(" ")[0].upper()
                scripted = self._server.refuse(command)
                if scripted:
                    await self._as_scripted(scripted)
                elif verb in acts:
                    await acts[verb](command)
                else:
                    self._say("250 2.0.0 ok")

    async def _listen(self) -> str:
        command = (await self._reader.readline()).decode().rstrip("\r\n")
        self._server.commands.append(command)
        return command

    def _say(self, reply: str) -> None:
        self._writer.write(reply.encode() + b"\r\n")

    async def _as_scripted(self, reply: str) -> None:
        if reply == SILENCE:
            await asyncio.sleep(60)
        if reply in {DROP, SILENCE}:
            raise _HungUpError
        self._say(reply)

    async def _ehlo(self, _: str) -> None:
        words = [word for word in self._server.extensions if not (word == "STARTTLS" and self._secured)]
        *lines, last = ["recording.example", *words]
        self._say("\r\n".join([*(f"250-{line}" for line in lines), f"250 {last}"]))

    async def _starttls(self, _: str) -> None:
        assert self._server.context is not None
        self._say("220 go ahead")
        await self._writer.drain()
        await self._writer.start_tls(self._server.context)
        self._secured = True

    async def _auth(self, command: str) -> None:
        if command == "AUTH LOGIN":
            for question in ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"):
                self._say(question)
                await self._listen()
        self._say("235 2.7.0 welcome")

    async def _mail(self, command: str) -> None:
        self._sender, self._recipients = _inside(command), []
        self._say("250 2.1.0 ok")

    async def _rcpt(self, command: str) -> None:
        self._recipients.append(_inside(command))
        self._say("250 2.1.5 ok")

    async def _rset(self, _: str) -> None:
        self._recipients = []
        self._say("250 2.0.0 ok")

    async def _quit(self, _: str) -> None:
        self._say("221 2.0.0 bye")
        raise _HungUpError

    async def _data(self, _: str) -> None:
        if not self._recipients and not self._server.data_despite_refusals:
            self._say("554 5.5.1 no valid recipients")
            return
        self._say("354 go on")
        content = await self._message()
        if self._server.slowness:
            await asyncio.sleep(self._server.slowness)
        if not self._recipients:
            self._say("554 5.5.1 no valid recipients")
            return
        reply = self._server.after_message(self._recipients[0])
        if reply in {"", DROP, SILENCE}:
            self._server.mails.append(Mail(self._sender, self._recipients, content))
        self._recipients = []
        await self._as_scripted(reply or "250 2.0.0 queued")

    async def _message(self) -> bytes:
        first = await self._reader.readline()
        if first == b".\r\n":
            return b""
        content = first + (await self._reader.readuntil(b"\r\n.\r\n"))[:-3]
        return (b"\r\n" + content).replace(b"\r\n..", b"\r\n.")[2:]


def _inside(command: str) -> str:
    return command.partition("<")[2].partition(">")[0]


@contextmanager
def running(server: RecordingSmtp) -> Iterator[RecordingSmtp]:
    """Run the server in a thread while the block lasts."""
    started = threading.Event()
    box: dict[str, object] = {}

    async def main() -> None:
        stop = asyncio.Event()
        box["stop"], box["loop"] = stop, asyncio.get_running_loop()
        await server.serve(started, stop)

    thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    thread.start()
    assert started.wait(5)
    try:
        yield server
    finally:
        loop, stop = box["loop"], box["stop"]
        assert isinstance(loop, asyncio.AbstractEventLoop)
        assert isinstance(stop, asyncio.Event)
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
