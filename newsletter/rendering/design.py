"""The look of a newsletter: the site folder's templates, theme and words, read once and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from newsletter.errors import TemplateError
from newsletter.rendering.environment import EscapingEnvironment, TemplateEnvironment
from newsletter.rendering.holding import Holding
from newsletter.rendering.mail_prose import read_elements
from newsletter.rendering.plain import defuse, escaped, html_text
from newsletter.rendering.text_lines import wrapped
from newsletter.rendering.theme import Theme, read_theme
from newsletter.rendering.words import Words, read_words


@dataclass(frozen=True)
class Design:
    """What turns an issue into pages: three template environments, the theme, and the words by language.

    ``skeleton`` draws the MJML of a mail: what is not plain is held back from the MJML parser (newsletter.rendering.holding).
    """

    theme: Theme
    words: Mapping[str, Words]
    elements: Mapping[str, str]
    skeleton: Environment
    html: Environment
    text: Environment

    def words_in(self, language: str) -> Words:
        """Give the words of one language. Raises TemplateError when there are none."""
        try:
            return self.words[language]
        except KeyError:
            there = ", ".join(self.words)
            raise TemplateError(
                f"There are no words for {language!r}: add templates/words/{language}.toml (there are {there})"
            ) from None


def load_design(home: Path) -> Design:
    """Read ``templates/`` of the site folder. Raises TemplateError with what is wrong and where."""
    folder = home / "templates"
    theme = read_theme(folder / "theme.toml")
    loader = FileSystemLoader(folder)
    options: dict[str, Any] = {
        "loader": loader,
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "auto_reload": False,
    }
    skeleton = EscapingEnvironment(**options, autoescape=True, finalize=_hold_back)
    skeleton.filters |= {"held": _held, "filled": _filled, "unbroken": _unbroken}
    html = EscapingEnvironment(**options, autoescape=True, finalize=_ready_for_html)
    html.filters |= {"filled": _filled, "unbroken": _unbroken}
    # Plain text knows no escapes.
    text = TemplateEnvironment(**options, autoescape=False, finalize=_ready_for_text)
    text.filters |= {"wrapped": _wrapped, "underlined": _underlined, "filled": _filled_text}
    return Design(
        theme=theme,
        words=read_words(folder / "words"),
        elements=read_elements(folder / "email" / "elements.toml", theme),
        skeleton=skeleton,
        html=html,
        text=text,
    )


def draw(environment: Environment, name: str, values: Mapping[str, object]) -> Markup:
    """Draw a template. Raises TemplateError with the file and, where it is known, the line."""
    try:
        return Markup(environment.get_template(name).render(values))  # noqa: S704 - templates escape what they print
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"templates/{error.name}, line {error.lineno}: {error.message}") from error
    except TemplateNotFound as error:
        raise TemplateError(
            f"There is no template templates/{error.name}; {name.partition('/')[0]} mails and pages need it"
        ) from error
    except RecursionError as error:
        raise TemplateError(f"templates/{name}: a template includes itself, straight or by way of another one") from error
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise TemplateError(f"templates/{name}{_line_of(error)}: {error}") from error


def _line_of(error: Exception) -> str:
    """Find the template's line: Jinja rewrites tracebacks so that they name templates as files."""
    line, trace = "", error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename.endswith(".j2"):
            line = f", line {trace.tb_lineno}"
        trace = trace.tb_next
    return line


@pass_context
def _hold_back(context: Context, value: object) -> str:
    holding: Holding = context["holding"]
    return _ready_for_html(value if isinstance(value, int | float) else holding.keep_unless_plain(value))


@pass_context
def _held(context: Context, body: str) -> Markup:
    holding: Holding = context["holding"]
    return holding.keep(Markup(holding.release(body)))  # noqa: S704 - the template's own HTML


def _ready_for_html(value: object) -> str:
    if isinstance(value, Markup):
        return value
    return escaped(value) if isinstance(value, str) else escape(value)


def _ready_for_text(value: object) -> object:
    return str(value) if isinstance(value, Markup) else defuse(str(value))


def _filled(text: str, **values: object) -> Markup:
    ready = {name: value if isinstance(value, Markup) else html_text(str(value)) for name, value in values.items()}
    return html_text(text).format(**ready)


def _unbroken(text: str) -> Markup:
    """Keep each word on one line, so that a telephone number does not break at its hyphens."""
    return Markup(" ").join(Markup('<span class="unbroken">{}</span>').format(html_text(word)) for word in text.split())


def _filled_text(text: str, **values: object) -> Markup:
    return Markup(text.format(**{name: _ready_for_text(value) for name, value in values.items()}))  # noqa: S704 - plain text


def _wrapped(text: object, first: str = "", rest: str | None = None) -> Markup:
    return Markup(wrapped(str(_ready_for_text(text)), first, rest))  # noqa: S704 - plain text


def _underlined(text: object, stroke: str = "-") -> Markup:
    lines = wrapped(str(_ready_for_text(text)))
    return Markup(f"{lines}\n{stroke * min(72, max(len(line) for line in lines.splitlines() or ['']))}")  # noqa: S704 - plain text
