"""What the long-running commands write to standard error: one line an event, ids but never an address."""

from __future__ import annotations

import logging
import sys

import structlog


def set_up_logs() -> None:
    """Write coloured lines on a terminal and JSON lines elsewhere; libraries speak from warnings up."""
    on_a_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if on_a_terminal else structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
