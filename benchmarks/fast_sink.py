"""An SMTP server that takes mail as fast as it can and keeps nothing: ``python -m benchmarks.fast_sink PORT``.

Postfix's smtp-sink reads octet by octet, some 300 µs a message of 60 kB, and so is the limit itself. This one looks only for the
end of a message, over raw sockets and one ``select``: some 30 µs. It announces PIPELINING, SIZE and 8BITMIME. Ended by SIGTERM,
it prints how many messages it took.
"""

from __future__ import annotations

import selectors
import signal
import socket
import sys
from typing import Final

GREETING: Final = b"220 fast.example ESMTP\r\n"
HELLO: Final = b"250-fast.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
OK: Final = b"250 2.0.0 ok\r\n"
GO_ON: Final = b"354 go on\r\n"
BYE: Final = b"221 2.0.0 bye\r\n"
END: Final = b"\r\n.\r\n"
MOST_AT_ONCE: Final = 1 << 18
ANSWERS: Final = {b"EHLO": HELLO, b"DATA": GO_ON, b"QUIT": BYE}

taken = 0


class Conversation:
    """One connection; ``received`` is where all of them receive, one at a time."""

    received = bytearray(MOST_AT_ONCE)
    room = memoryview(received)

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._rest = b""
        self._in_message = False
        connection.send(GREETING)

    def hear(self) -> bool:
        """Take what came and answer it; say whether the connection goes on."""
        received, kept = self.received, len(self._rest)
        received[:kept] = self._rest
        count = self.connection.recv_into(self.room[kept:])
        if not count:
            return False
        answers = self._answer(received, kept + count)
        if answers:
            self.connection.send(b"".join(answers))
        return True

    def _answer(self, received: bytearray, end: int) -> list[bytes]:
        global taken  # noqa: PLW0603 - one counter of one process, read when it ends
        answers = []
        start = 0
        while start < end:
            if self._in_message:
                found = received.find(END, start, end)
                if found < 0:
                    start = max(start, end - len(END) + 1)
                    break
                taken += 1
                self._in_message = False
                answers.append(OK)
                start = found + len(END)
                continue
            found = received.find(b"\r\n", start, end)
            if found < 0:
                break
            verb = bytes(received[start : start + 4]).upper()
            self._in_message = verb == b"DATA"
            answers.append(ANSWERS.get(verb, OK))
            # The line end before a message belongs to it: an empty one ends too.
            start = found if self._in_message else found + 2
        self._rest = bytes(received[start:end])
        return answers


def main() -> None:
    """Listen until SIGTERM comes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    selector = selectors.DefaultSelector()
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=200) as listening:
        selector.register(listening, selectors.EVENT_READ)
        try:
            while True:
                for key, _ in selector.select():
                    if key.data is None:
                        connection, _ = listening.accept()
                        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        selector.register(connection, selectors.EVENT_READ, Conversation(connection))
                    elif not _goes_on(key.data):
                        selector.unregister(key.data.connection)
                        key.data.connection.close()
        finally:
            print(taken, flush=True)


def _goes_on(conversation: Conversation) -> bool:
    try:
        return conversation.hear()
    except ConnectionError:
        return False


if __name__ == "__main__":
    main()
