"""What a command that sends does at its end: people are told what there is to tell, also where no scheduler runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from newsletter.clock import system_clock
from newsletter.config import Config
from newsletter.delivery.alerts import post_alerts
from newsletter.delivery.service_mails import empty_postbox
from newsletter.errors import NewsletterError


@contextmanager
def telling_people(config: Config) -> Iterator[None]:
    """Post alerts and empty the postbox at the end, however it ends. What keeps them is said, and changes no exit code."""
    try:
        yield
    finally:
        try:
            problems = [post_alerts(config, system_clock()).problem, empty_postbox(config, system_clock).problem]
        except NewsletterError as error:
            problems = [str(error)]
        for problem in filter(None, problems):
            typer.echo(problem, err=True)
