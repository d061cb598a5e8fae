"""A Maildir that a mail server delivers bounces to. Looked at is what is in ``new``; what was handled goes to a folder of it."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from newsletter.delivery.bounces.sources import MOST_BYTES, MOST_MAILS, BouncesUnavailableError, Incoming

HANDLED: Final = "Handled"


class MaildirSource:
    """Moves each mail once: to ``.Handled/cur`` as seen, or to ``cur`` without a flag, where mail programs show it as unread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        if not (self._folder / "new").is_dir():
            raise BouncesUnavailableError(
                f"{self._folder} is no Maildir: it has no folder “new”. Correct delivery.bounces.maildir."
            )
        try:
            mailbox.Maildir(self._folder, create=False).add_folder(HANDLED)
        except OSError as error:
            raise self._unavailable(error) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def waiting(self) -> Iterator[Incoming]:
        """Give the oldest mails by their names, which begin with the second of their delivery."""
        try:
            names = sorted(entry.name for entry in (self._folder / "new").iterdir() if not entry.name.startswith("."))
        except OSError as error:
            raise self._unavailable(error) from error
        for name in names[:MOST_MAILS]:
            try:
                with (self._folder / "new" / name).open("rb") as file:
                    content = file.read(MOST_BYTES)
            except FileNotFoundError:
                continue  # somebody else has moved it meanwhile
            except OSError as error:
                raise self._unavailable(error) from error
            yield Incoming(name, content)

    def put_away(self, incoming: Incoming) -> None:
        """Move a mail to the folder of handled ones."""
        self._move(incoming, self._folder / f".{HANDLED}" / "cur", flags="S")

    def leave(self, incoming: Incoming) -> None:
        """Move a mail to where a mail program keeps what it has shown in its list."""
        self._move(incoming, self._folder / "cur", flags="")

    def _move(self, incoming: Incoming, folder: Path, *, flags: str) -> None:
        name = incoming.name.partition(":")[0]
        try:
            (self._folder / "new" / incoming.name).rename(folder / f"{name}:2,{flags}")
        except FileNotFoundError:
            pass  # another process, or a person, was faster
        except OSError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: OSError) -> BouncesUnavailableError:
        return BouncesUnavailableError(f"The Maildir {self._folder} cannot be used: {error.strerror}. Look at whose it is.")
