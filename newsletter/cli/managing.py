"""`newsletter manage …`: Django's own commands."""

from __future__ import annotations

import sys

import typer
from django.core.management import execute_from_command_line

from newsletter.cli.django_setup import name_settings


def manage(context: typer.Context) -> None:
    """Run one of Django's own commands, such as `newsletter manage migrate`. The tables are left to it."""
    name_settings()
    sys.argv[0] = "newsletter manage"
    execute_from_command_line(["newsletter manage", *context.args])
