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

taken = 0


class Conversation:
    """One connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._rest = b""
        self._in_message = False
        connection.send(GREETING)

    def hear(self) -> bool:
        """Take what came and answer it; say whether the connection goes on."""
        global taken  # noqa: PLW0603 - one counter of one process, read when it ends
        received = self.connection.recv(MOST_AT_ONCE)
        if not received:
            return False
        answers = []
        rest = self._rest + received if self._rest else received
        while rest:
            if self._in_message:
                end = rest.find(END)
                if end < 0:
                    rest = rest[-4:]
                    break
                taken += 1
                self._in_message = False
                answers.append(OK)
                rest = rest[end + 5 :]
            line, found, after = rest.partition(b"\r\n")
            if not found:
                break
            rest = after
            verb = line[:4].upper()
            if verb == b"DATA":
                answers.append(GO_ON)
                self._in_message = True
                # The line end before the message, so that an empty message ends too.
                rest = b"\r\n" + rest
            elif verb == b"EHLO":
                answers.append(HELLO)
            elif verb == b"QUIT":
                answers.append(BYE)
            else:
                answers.append(OK)
        self._rest = rest
        if answers:
            self.connection.send(b"".join(answers))
        return True


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
