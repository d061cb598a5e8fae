"""The Jinja environment of readers' pages: strict, escaping, templates from the site folder."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, StrictUndefined


def page_environment(**options: Any) -> Environment:
    """Make the environment; Django passes its own options."""
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True, "autoescape": True}
    return Environment(**options)  # noqa: S701 - autoescape is set in the line above
