"""What a service mail says: ``templates/service/<language>/<kind>.{html,txt}.j2`` in the layouts and colours of the site.

The subject is a block of the text template. Whoever posts the mail has to keep diagnoses out of it: it stands on lock screens.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, select_autoescape

from newsletter import errors
from newsletter.config import Config
from newsletter.postbox.posting import ServiceContent
from newsletter.rendering.theme import Theme, read_theme


def draw_service_mail(
    kind: str, *, config: Config, address: str, language: str | None, values: Mapping[str, object], foot: str = "foot"
) -> ServiceContent:
    """Draw a mail in ``language``, else in the newsletter's first one. Raises errors.TemplateError, naming the template.

    ``foot`` names the template of the last lines, which say why somebody gets it.
    """
    templates = config.path("templates")
    environment = _environment(templates / "service")
    known = language if language and (templates / "service" / language).is_dir() else config.newsletter.languages[0]
    theme = _theme(templates / "theme.toml")
    look = {"light": theme.light, "dark": theme.dark, "fonts": theme.fonts, "sizes": theme.sizes}
    common = {**values, **look, "language": known, "letter": config.newsletter}
    try:
        common["foot"] = environment.get_template(f"{known}/{foot}.txt.j2").render(common).strip()
        text = environment.get_template(f"{known}/{kind}.txt.j2")
        subject = " ".join("".join(text.blocks["subject"](text.new_context(common))).split())
        common["subject"] = subject
        html = environment.get_template(f"{known}/{kind}.html.j2").render(common)
        return ServiceContent(address, known, subject, text.render(common).strip() + "\n", html)
    except TemplateNotFound as error:
        raise errors.TemplateError(
            f"templates/service/{error.name} is missing: without it no such mail can be written."
        ) from error
    except TemplateError as error:
        raise errors.TemplateError(f"templates/service/{known}/{kind}: {error}") from error


@lru_cache(maxsize=4)
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=4)
def _theme(file: Path) -> Theme:
    return read_theme(file)
