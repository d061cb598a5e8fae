"""The values of front-matter fields: YAML nodes in, checked Python values out, a complaint for each that is wrong."""

from __future__ import annotations

import re
from datetime import date

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from newsletter.authoring.complaints import Complaints, Mistake, did_you_mean, quoted
from newsletter.authoring.days import LIKE_A_DAY, explain_day, parse_day
from newsletter.authoring.issue import Sponsor
from newsletter.authoring.links import encode_address, find_link_mistake
from newsletter.authoring.source import TOKEN_START

SPONSOR_KEYS = ("name", "url", "note")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_KINDS = {"int": "a number", "float": "a number", "bool": "yes or no", "timestamp": "a date", "null": "nothing"}


def read_text(name: str, node: Node, complaints: Complaints) -> str:
    """Read one line of text that is not empty; runs of white space become one blank."""
    tag = str(node.tag).rpartition(":")[2]
    if not isinstance(node, ScalarNode) or tag not in {"str", *_KINDS}:
        message = f"“{name}” has to be one line of text, not {_describe(node)}"
        _complain(node, Mistake("front-matter-type", message, f"Write `{name}: some words`."), complaints)
        return ""
    text = " ".join(node.value.split())
    if not text:
        _complain(node, Mistake("front-matter-empty", f"“{name}” is empty", "Write some words after the colon."), complaints)
    elif tag != "str":
        message = f"“{name}” has to be text, but YAML reads {quoted(text)} as {_KINDS[tag]}"
        _complain(node, Mistake("front-matter-type", message, f'Put it in quotes: {name}: "{text}"'), complaints)
    elif "{{" in text:
        message = f"“{name}” holds a personal part: {quoted(text)}; it also stands on the web page and on lock screens"
        _complain(node, Mistake("merge-field-misplaced", message, "Use the same words for everybody."), complaints)
    elif TOKEN_START in text or _CONTROL.search(text):
        message = f"“{name}” holds a character that readers cannot see: {quoted(text)}"
        _complain(node, Mistake("control-character", message, "Type the line again."), complaints)
    else:
        return text
    return ""


def read_texts(name: str, node: Node, complaints: Complaints) -> tuple[str, ...]:
    """Read a list of texts, each of them once."""
    if not isinstance(node, SequenceNode):
        message = f"“{name}” has to be a list, not {_describe(node)}"
        words = node.value if isinstance(node, ScalarNode) and node.value else "one, two"
        _complain(node, Mistake("front-matter-type", message, f"Write `{name}: [{words}]`."), complaints)
        return ()
    texts: list[str] = []
    for item in node.value:
        text = read_text(name, item, complaints)
        if text in texts:
            message = f"{quoted(text)} stands in “{name}” twice"
            _complain(item, Mistake("front-matter-duplicate", message, "Keep one of them."), complaints)
        elif text:
            texts.append(text)
    return tuple(texts)


def read_date(name: str, node: Node, complaints: Complaints) -> date | None:
    """Read a day such as 2027-03-01."""
    text = node.value if isinstance(node, ScalarNode) else ""
    found = parse_day(text)
    if found is None:
        message, fix = explain_day(name, text) if text else (f"“{name}” has to be a day, not {_describe(node)}", LIKE_A_DAY)
        _complain(node, Mistake("front-matter-date", message, fix), complaints)
    return found


def read_sponsors(node: Node, complaints: Complaints) -> tuple[Sponsor, ...]:
    """Read the list of sponsors, each with a name and perhaps an address and a note."""
    if not isinstance(node, SequenceNode):
        message = f"“sponsors” has to be a list, not {_describe(node)}"
        fix = "Write one line `- name: …` for each, with `url: …` and `note: …` below it."
        _complain(node, Mistake("front-matter-type", message, fix), complaints)
        return ()
    return tuple(_read_sponsor(item, complaints) for item in node.value)


def _read_sponsor(node: Node, complaints: Complaints) -> Sponsor:
    if not isinstance(node, MappingNode):
        message = f"a sponsor has to have a name, as in `name: …`; this one is {_describe(node)}"
        _complain(node, Mistake("front-matter-type", message, "Write `- name: Example Foundation`."), complaints)
        return Sponsor("")
    values: dict[str, str] = {}
    for key, value in node.value:
        name = key.value if isinstance(key.value, str) else "?"
        if name in values:
            message = f"the field {quoted(name)} of this sponsor stands here a second time"
            _complain(key, Mistake("front-matter-duplicate", message, "Keep one of them."), complaints)
        elif name not in SPONSOR_KEYS:
            message = f"a sponsor has no field {quoted(name)}"
            _complain(key, Mistake("front-matter-unknown", message, did_you_mean(name, SPONSOR_KEYS)), complaints)
        else:
            values[name] = read_text(name, value, complaints)
            mistake = find_link_mistake(values[name]) if name == "url" and values[name] else None
            if mistake:
                _complain(value, mistake, complaints)
    if "name" not in values:
        mistake = Mistake("front-matter-incomplete", "this sponsor has no name", "Add a line `name: …`.")
        _complain(node, mistake, complaints)
    return Sponsor(values.get("name", ""), encode_address(values.get("url", "")), values.get("note", ""))


def _complain(node: Node, mistake: Mistake, complaints: Complaints) -> None:
    complaints.add(mistake, line=node.start_mark.line + 1, column=node.start_mark.column + 1)


def _describe(node: Node) -> str:
    if isinstance(node, SequenceNode):
        return "a list"
    if isinstance(node, MappingNode):
        return "a group of fields"
    return quoted(node.value) if node.value else "nothing"
