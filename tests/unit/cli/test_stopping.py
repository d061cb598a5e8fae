from __future__ import annotations

import signal

import pytest

from newsletter.cli.stopping import SIGNALS, stop_on_signals


@pytest.mark.parametrize("number", SIGNALS)
def test_a_first_signal_asks_and_a_second_one_is_what_it_always_was(number: signal.Signals) -> None:
    met: list[int] = []
    before = signal.signal(number, lambda met_number, _: met.append(met_number))
    try:
        with stop_on_signals() as stop:
            signal.raise_signal(number)
            assert stop.is_set()
            assert met == []
            signal.raise_signal(number)
            assert met == [number]
        signal.raise_signal(number)
        assert met == [number, number]
    finally:
        signal.signal(number, before)
