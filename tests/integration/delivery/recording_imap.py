"""An IMAP server over TLS with one mailbox in memory: as much of RFC 3501 as reading bounces takes, and what was done to it."""

from __future__ import annotations

import base64
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

COMMAND = re.compile(rb"(\S+) (?:(UID) )?(\S+) ?(.*)\r\n", re.DOTALL)


@dataclass
class KeptMail:
    """A mail and its flags."""

    content: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class RecordingImap:
    """What the server holds, how it behaves, and which commands came. ``cut_after``: it hangs up after so many fetches."""

    mails: dict[int, KeptMail] = field(default_factory=dict)
    user: str = "bounces"
    password: str = "secret word"
    keywords: bool = True
    plain: bool = False
    folder: str = "INBOX"
    cut_after: int | None = None
    commands: list[str] = field(default_factory=list)
    port: int = 0

    def deliver(self, content: bytes) -> KeptMail:
        """Put a mail into the mailbox."""
        mail = self.mails[len(self.mails) + 1] = KeptMail(content)
        return mail


class _Session(socketserver.StreamRequestHandler):
    @property
    def imap(self) -> RecordingImap:
        return cast("_Server", self.server).imap

    def handle(self) -> None:
        try:
            self._say(b"* OK ready")
            while self._one_command():
                pass
        except (ConnectionError, ssl.SSLError):
            return

    def _one_command(self) -> bool:
        found = COMMAND.fullmatch(self.rfile.readline())
        if found is None:
            return False
        tag, uid, name, rest = found.groups()
        command = b" ".join(part for part in (uid, name) if part).decode().upper()
        self.imap.commands.append(command)
        answer = getattr(self, "_" + command.lower().replace(" ", "_"))(rest.decode())
        if answer is None:
            return False
        self._say(tag + b" " + answer.encode())
        return command != "LOGOUT"

    def _capability(self, _: str) -> str:
        self._say(b"* CAPABILITY IMAP4rev1" + (b" AUTH=PLAIN" if self.imap.plain else b""))
        return "OK done"

    def _login(self, rest: str) -> str:
        return self._admit(rest == f'{self.imap.user} "{self.imap.password}"')

    def _authenticate(self, _: str) -> str:
        self._say(b"+ ")
        said = base64.b64decode(self.rfile.readline()).decode()
        return self._admit(said == f"\0{self.imap.user}\0{self.imap.password}")

    def _select(self, rest: str) -> str:
        if rest != f'"{self.imap.folder}"':
            return "NO there is no such folder"
        self._say(f"* {len(self.imap.mails)} EXISTS".encode())
        self._say(rb"* OK [PERMANENTFLAGS (\Seen \Flagged" + (rb" \*" if self.imap.keywords else b"") + b")]")
        return "OK [READ-WRITE] done"

    def _examine(self, rest: str) -> str:
        return self._select(rest).replace("READ-WRITE", "READ-ONLY")

    def _uid_search(self, rest: str) -> str:
        if rest.startswith("UNKEYWORD "):
            unwanted = {rest.removeprefix("UNKEYWORD ")}
        else:
            assert rest == "UNSEEN UNFLAGGED"
            unwanted = {r"\Seen", r"\Flagged"}
        found = [str(uid) for uid, mail in self.imap.mails.items() if not mail.flags & unwanted]
        self._say(f"* SEARCH {' '.join(found)}".encode())
        return "OK done"

    def _uid_fetch(self, rest: str) -> str | None:
        if self.imap.cut_after is not None and self.imap.commands.count("UID FETCH") > self.imap.cut_after:
            return None
        found = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest)
        assert found is not None, rest
        content = self.imap.mails[int(found[1])].content[: int(found[2])]
        self._say(f"* {found[1]} FETCH (UID {found[1]} BODY[]<0> {{{len(content)}}}".encode() + b"\r\n" + content + b")")
        return "OK done"

    def _uid_store(self, rest: str) -> str:
        found = re.fullmatch(r"(\d+) \+FLAGS\.SILENT \((.*)\)", rest)
        assert found is not None, rest
        self.imap.mails[int(found[1])].flags.update(found[2].split())
        return "OK done"

    def _logout(self, _: str) -> str:
        self._say(b"* BYE")
        return "OK done"

    def _admit(self, right: bool) -> str:  # noqa: FBT001 - one word for one test
        return "OK done" if right else "NO wrong"

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    imap: RecordingImap


@contextmanager
def recording_imap(certificate: Path) -> Iterator[RecordingImap]:
    """Run a server on a free port until the block ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.imap = RecordingImap(port=server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.imap
        finally:
            server.shutdown()
            thread.join()
