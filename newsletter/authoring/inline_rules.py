"""Our own inline rules for markdown-it: glossary terms, personal parts, and links that know where they stand.

None of them fires in code, and a backslash before the first character turns each into text, since markdown-it's rules for
code and escapes come first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from markdown_it.common.utils import normalizeReference
from markdown_it.rules_inline import StateInline, autolink, link

from newsletter.authoring.complaints import Mistake, did_you_mean, find_nearest, quoted
from newsletter.authoring.issue import MERGE_FIELDS, WITH_FALLBACK, MergeField
from newsletter.authoring.links import find_link_mistake
from newsletter.authoring.reading import ENVIRONMENT_KEY, Reading
from newsletter.authoring.source import TOKEN_START

_TERM = re.compile(r"\[\[([^\[\]|]+)(?:\|([^\[\]]*))?\]\]")
_MERGE_FIELD = re.compile(r"\{\{([^{}|\n]*)(?:\|([^{}\n]*))?\}\}")
_ONE_BRACE = re.compile(r"\{(\w+)\}")
_ATTRIBUTE = r"""\s+[A-Za-z_:][\w:.-]*(?:\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'=<>`]+))?"""
_HTML = re.compile(
    rf"<!--|<[?!][A-Za-z\[]|</?[A-Za-z](?:[A-Za-z0-9-]|:(?!/))*(?:{_ATTRIBUTE})*\s*/?>|</?(?:div|iframe|img|script|span|style)\b"
)
_WITHOUT_HTML = {
    ("b", "strong"): "Delete it, and write **bold** words between asterisks.",
    ("i", "em"): "Delete it, and write *slanted* words between asterisks.",
    ("br",): "Delete it; a \\ at the end of a line begins a new one, an empty line a new paragraph.",
    ("p", "div", "section"): "Delete it; an empty line begins a new paragraph.",
    ("a",): "Write the link as [words](https://…).",
    ("ul", "ol", "li"): "Delete it, and begin each line of the list with a hyphen and a space.",
    ("h1", "h2", "h3", "h4", "h5", "h6"): "Delete it, and begin the heading with ## and a space.",
    ("img",): 'Use a block: `::: figure file.png "caption" alt="what it shows"` and `:::`.',
    ("span", "font", "o:p", "u", "style"): "Delete it; the templates see to the look.",
}
_DESTINATIONS = ("manage_url", "unsubscribe_url")


def _reading(state: StateInline) -> Reading:
    reading: Reading = state.env[ENVIRONMENT_KEY]
    return reading


def glossary_term(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
    """Read ``[[term]]`` and ``[[term|words shown]]``."""
    start = state.pos
    if not state.src.startswith("[[", start):
        return False
    match = _TERM.match(state.src, start, state.posMax)
    if match is None:
        # Brackets that close further on belong to a link, as in [[1] and more](https://…).
        return state.html_terminator_last("]]") < start and _unfinished(state, "[[", "]]", silent=silent)
    state.pos = match.end()
    reading = _reading(state)
    if silent or not reading.glossary.readable:
        return True
    key = " ".join(match[1].split())
    languages = reading.glossary.terms.get(key)
    if languages is None:
        nearest = find_nearest(key, reading.glossary.terms)
        fix = f"Write [[{nearest}]]" if nearest else "Add it to issues/glossary.toml"
        shown = f" or [[{nearest}|{key}]]." if nearest else ", or write \\[[ for plain brackets."
        reading.complain(Mistake("glossary-unknown", f"the glossary has no term {quoted(key)}", fix + shown), start)
        return True
    if reading.language not in languages:
        message = f"the glossary explains {quoted(key)} in {', '.join(languages) or 'no language'}, not in {reading.language}"
        reading.complain(
            Mistake("glossary-language", message, f'Add ["{key}".{reading.language}] to issues/glossary.toml.'), start
        )
        return True
    token = state.push("glossary_term", "", 0)
    token.content = " ".join((match[2] or "").split()) or languages[reading.language].term
    token.meta["term"] = languages[reading.language]
    return True


def merge_field(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
    """Read ``{{name}}`` and ``{{name|fallback}}``."""
    start = state.pos
    if not state.src.startswith("{{", start):
        return False
    match = _MERGE_FIELD.match(state.src, start, state.posMax)
    if match is None:
        return _unfinished(state, "{{", "}}", silent=silent)
    state.pos = match.end()
    if silent:
        return True
    reading = _reading(state)
    name, fallback = match[1].strip(), (match[2] or "").strip()
    mistake = _find_field_mistake(name, fallback, in_heading=reading.in_heading)
    if mistake:
        reading.complain(mistake, start)
        return True
    token = state.push("merge_field", "", 0)
    token.meta["field"] = MergeField(name, fallback)
    return True


def _find_field_mistake(name: str, fallback: str, *, in_heading: bool) -> Mistake | None:
    if name not in MERGE_FIELDS:
        return Mistake("merge-field-unknown", f"there is no personal part {quoted(name)}", did_you_mean(name, MERGE_FIELDS))
    if name in _DESTINATIONS:
        message = f"“{name}” is an address and stands here as text"
        return Mistake("merge-field-misplaced", message, f"Make it a link, without spaces: [words]({{{{{name}}}}})")
    if in_heading:
        message = f"the personal part “{name}” stands in a heading, which is also in the table of contents"
        return Mistake("merge-field-misplaced", message, "Move it into the text below.")
    if name == WITH_FALLBACK and not fallback:
        message = f"“{name}” has no fallback for readers whose name is not known"
        return Mistake("merge-field-fallback", message, f"Write {{{{{name}|friend}}}}")
    if name != WITH_FALLBACK and fallback:
        return Mistake("merge-field-fallback", f"“{name}” takes no fallback", f"Write {{{{{name}}}}}")
    return None


def _unfinished(state: StateInline, opening: str, closing: str, *, silent: bool) -> bool:
    start = state.pos
    state.pos += len(opening)
    if not silent:
        message = f"“{opening}” is not closed by “{closing}”: {quoted(state.src[start : start + 40])}"
        fix = f"Add {closing}, or write \\{opening} for plain brackets; in a table, write | as \\|."
        _reading(state).complain(Mistake("brackets-unclosed", message, fix), start)
        state.append_pending(opening)
    return True


def raw_html(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
    """Complain about what would be HTML elsewhere; it stays text."""
    start = state.pos
    if state.src[start] != "<":
        return False
    match = _HTML.match(state.src, start, state.posMax)
    if match is None:
        return False
    state.pos += 1
    if not silent:
        message = f"HTML does not work in an issue: {quoted(match[0])}"
        fix = "Delete it: there are no comments." if match[0] == "<!--" else _in_markdown(match[0])
        _reading(state).complain(Mistake("raw-html", message, fix), start)
        state.append_pending("<")
    return True


def _in_markdown(tag: str) -> str:
    name = tag.strip("</>").split(maxsplit=1)[0].lower() if tag.strip("</> ") else ""
    return next((fix for names, fix in _WITHOUT_HTML.items() if name in names), "Write it in Markdown, or \\< for a plain “<”.")


def picture(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
    """Complain about ``![alt](file)``: pictures are figure blocks."""
    start = state.pos
    if not state.src.startswith("![", start):
        return False
    end = state.md.helpers.parseLinkLabel(state, start + 1)
    if end < 0:
        return False
    follows = state.src[end + 1 : end + 2] if end + 1 < state.posMax else ""
    label = normalizeReference(state.src[start + 2 : end])
    if follows not in {"(", "["} and label not in state.env.get("references", {}):
        return False
    state.pos = end + 1
    if not silent:
        message = f"a picture cannot stand in the text: {quoted(state.src[start : end + 1])}"
        fix = 'Use a block: `::: figure file.png "caption" alt="what it shows"` and `:::`.'
        _reading(state).complain(Mistake("picture-in-text", message, fix), start)
    return True


def placed_link(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
    """Read a link as markdown-it does, and check where it leads.

    Its ``link_open`` token gets ``meta["place"]`` and, when a personal part is the destination, ``meta["field"]``.
    """
    return _place(link, state, silent)


def placed_autolink(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
    """Read ``<https://…>`` as markdown-it does, and check where it leads.

    markdown-it takes one inside the words of a link as well, which no HTML has.
    """
    start = state.pos
    found = _place(autolink, state, silent)
    if found and not silent and state.linkLevel:
        message = f"a link stands inside the words of another: {quoted(state.src[start : state.pos])}"
        _reading(state).complain(Mistake("link-broken", message, "Write plain words between the brackets."), start)
    return found


def _place(rule: Callable[[StateInline, bool], bool], state: StateInline, silent: bool) -> bool:  # noqa: FBT001  as above
    start, first = state.pos, len(state.tokens)
    if not rule(state, silent):
        return False
    if not silent:
        # Pending text, if any, is pushed before the link's own token.
        opening = next(token for token in state.tokens[first : first + 2] if token.type == "link_open")
        _check_link(_reading(state), opening.attrs, opening.meta, start)
    return True


def _check_link(reading: Reading, attrs: dict[str, str | int | float], meta: dict[str, object], start: int) -> None:
    href, title = str(attrs["href"]), str(attrs.get("title", ""))
    place = reading.place(start)
    meta["place"] = place
    if "label" in meta:
        reading.used_references.add(str(meta["label"]))
    if "{{" in title or TOKEN_START in title:
        message = f"the link's title cannot hold a personal part: {quoted(title)}"
        reading.complain(Mistake("merge-field-misplaced", message, "Write plain words there."), start)
    field = _MERGE_FIELD.fullmatch(href)
    if field and field[1] in _DESTINATIONS and not field[2]:
        meta["field"] = MergeField(field[1])
    elif field:
        name = field[1]
        mistake = _find_field_mistake(name, "", in_heading=False) if name not in MERGE_FIELDS else None
        message = f"{quoted(href)} is not an address that a link can lead to"
        fix = f"Use {{{{{_DESTINATIONS[0]}}}}} or {{{{{_DESTINATIONS[1]}}}}}, without a fallback."
        reading.complain(mistake or Mistake("merge-field-misplaced", message, fix), start)
    elif (braces := _ONE_BRACE.fullmatch(unquote(href))) and braces[1] in _DESTINATIONS:
        message = f"a personal part stands in two pairs of braces: {quoted(braces[0])}"
        reading.complain(Mistake("merge-field-braces", message, f"Write {{{braces[0]}}}"), start)
    elif href.startswith("#"):
        reading.anchor_links.append((href[1:], place))
    else:
        mistake = find_link_mistake(href)
        if mistake:
            reading.complain(mistake, start)
