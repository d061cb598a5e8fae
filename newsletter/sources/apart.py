"""Asking strangers in threads that nobody has to wait for: Ctrl-C ends a command at once, whatever a server does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

T = TypeVar("T")
SECONDS_BETWEEN_LOOKS = 0.5


def begin_apart(work: Callable[[], T], *, name: str) -> Future[T]:
    """Begin ``work`` in a thread of its own and give what its result will be.

    A ThreadPoolExecutor waits for its threads when Ctrl-C has ended the waiting for their results, and the interpreter waits for
    them once more: with a server that says nothing that is half a minute.
    """
    result: Future[T] = Future()

    def run() -> None:
        try:
            answer = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            result.set_exception(error)
        else:
            result.set_result(answer)

    threading.Thread(target=run, name=name, daemon=True).start()
    return result


def wait_apart(result: Future[T]) -> T:
    """Give the result when it is there.

    It is looked for now and then: a signal that comes just before an endless wait begins is seen only when that ends.
    """
    while not result.done():
        wait([result], SECONDS_BETWEEN_LOOKS)
    return result.result()
