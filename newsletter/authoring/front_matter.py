"""The front matter: the YAML between two lines ``---`` at the top of an issue file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node

from newsletter.authoring.complaints import Complaints, Mistake, did_you_mean, find_nearest, quoted
from newsletter.authoring.front_matter_lines import find_end, find_false_end, in_quotes, mend_lines
from newsletter.authoring.front_matter_values import SPONSOR_KEYS, read_date, read_sponsors, read_text, read_texts
from newsletter.authoring.issue import Sponsor
from newsletter.findings import Place

REQUIRED = ("title", "subject", "preheader", "language")
KEYS = (*REQUIRED, "topics", "sponsors", "review_by", "corrects")
_BORDER = "---"
_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}
_DEEPEST = 50
_READ_BY_READERS = ("title", "subject", "preheader")
_COMMENT = re.compile(r"\s#.*")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the front matter says; what was wrong is empty here and complained about.

    ``end`` is the number of lines that it takes, both borders included. ``places`` are those of the keys.
    """

    end: int = 0
    title: str = ""
    subject: str = ""
    preheader: str = ""
    language: str = ""
    topics: tuple[str, ...] = ()
    sponsors: tuple[Sponsor, ...] = ()
    review_by: date | None = None
    corrects: str = ""
    places: Mapping[str, Place] = field(default_factory=dict)


def read_front_matter(lines: Sequence[str], complaints: Complaints) -> FrontMatter:
    """Read the front matter of a file's lines."""
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if lines[start].rstrip() != _BORDER:
        message = f"the file does not start with a line `{_BORDER}`, but with {quoted(lines[start])}"
        fix = f"Put `{_BORDER}`, the lines {', '.join(f'{key}: …' for key in REQUIRED)} and `{_BORDER}` at the top."
        complaints.add(Mistake("front-matter-missing", message, fix), line=start + 1, column=1)
        return FrontMatter()
    border, end = find_end(lines, start)
    if border < 0:
        border, end = _complain_about_end(lines, start, end, complaints)
    root = _read_root(lines[:border], start, complaints)
    return _read_fields(_find_fields(root, complaints), lines, end, complaints) if root else FrontMatter(end=end)


def _complain_about_end(lines: Sequence[str], start: int, end: int, complaints: Complaints) -> tuple[int, int]:
    false_end = find_false_end(lines, start, end)
    if false_end < 0:
        message = f"the top of the file starts here with `{_BORDER}` and does not end"
        mistake = Mistake("front-matter-unclosed", message, f"Put a line `{_BORDER}` after its last field.")
        complaints.add(mistake, line=start + 1, column=1)
        return end, end
    message = f"{quoted(lines[false_end])} does not end the top of the file"
    mistake = Mistake("front-matter-unclosed", message, f"Write three hyphens, and nothing else in the line: `{_BORDER}`.")
    complaints.add(mistake, line=false_end + 1, column=1)
    return false_end, false_end + 1


def _read_root(lines: Sequence[str], start: int, complaints: Complaints) -> MappingNode | None:
    """Read the YAML below line ``start``; where YAML cannot, it is the lines that are complained about."""
    if _is_too_deep("\n".join(lines), complaints):
        return None
    # What stands before the fields is a YAML comment, so that YAML's own lines are the file's.
    comments, fields = ["#"] * (start + 1), lines[start + 1 :]
    as_yaml_says = Complaints(complaints.file)
    root = _compose("\n".join([*comments, *fields]), as_yaml_says)
    if root is None:
        mended = mend_lines(fields, KEYS, SPONSOR_KEYS, complaints, first=start + 2)
        if mended is None:
            complaints.findings.extend(as_yaml_says.findings)
        else:
            root = _compose("\n".join([*comments, *mended]), as_yaml_says)
    return root


def _is_too_deep(text: str, complaints: Complaints) -> bool:
    # ruamel.yaml takes seconds for a few thousand open brackets.
    depths = accumulate(_DEPTH.get(character, 0) for character in text)
    too_deep = max(depths) > _DEEPEST
    if too_deep:
        complaints.add(_TOO_DEEP, line=1, column=1)
    return too_deep


def _compose(text: str, complaints: Complaints) -> MappingNode | None:
    yaml = YAML(typ="safe", pure=True)
    try:
        root: Node | None = yaml.compose(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        complaints.add(_broken(problem), line=mark.line + 1 if mark else 1, column=mark.column + 1 if mark else 1)
        return None
    except RecursionError:
        complaints.add(_TOO_DEEP, line=1, column=1)
        return None
    if root is None:
        return MappingNode("", [])
    if not isinstance(root, MappingNode):
        complaints.add(_broken("it is not a list of fields"), line=root.start_mark.line + 1, column=root.start_mark.column + 1)
        return None
    return root


def _broken(problem: str) -> Mistake:
    problem = problem.replace("\0", "")
    fix = (
        'Write each field as `key: value`; a value with a colon or a quotation mark in it needs quotes: title: "Hope: a letter".'
    )
    return Mistake("front-matter-broken", f"the top of the file cannot be read: {problem}", fix)


_TOO_DEEP = _broken("its brackets or hyphens are nested too deeply")


def _find_fields(root: MappingNode, complaints: Complaints) -> dict[str, tuple[Node, Node]]:
    found: dict[str, tuple[Node, Node]] = {}
    misspelled: set[str] = set()
    named = {key.value for key, _ in root.value if isinstance(key.value, str)}
    free = [name for name in KEYS if name not in named]
    for key, value in root.value:
        name = key.value if isinstance(key.value, str) else "?"
        line, column = key.start_mark.line + 1, key.start_mark.column + 1
        if name in found:
            first = found[name][0].start_mark.line + 1
            message = f"the field {quoted(name)} stands here a second time, first in line {first}"
            complaints.add(Mistake("front-matter-duplicate", message, "Keep one of them."), line=line, column=column)
        elif name in KEYS:
            if value.start_mark.line > key.end_mark.line and not value.value:
                # YAML places a missing value where the next thing starts.
                value.start_mark = key.end_mark
            found[name] = (key, value)
        else:
            misspelled.add(find_nearest(name, free))
            mistake = Mistake("front-matter-unknown", f"there is no field {quoted(name)}", did_you_mean(name, free))
            complaints.add(mistake, line=line, column=column)
    for name in REQUIRED:
        if name not in found and name not in misspelled:
            mistake = Mistake("front-matter-incomplete", f"the field “{name}” is missing", f"Add a line `{name}: …`.")
            complaints.add(mistake, line=1, column=1)
    return found


def _read_fields(found: Mapping[str, tuple[Node, Node]], lines: Sequence[str], end: int, complaints: Complaints) -> FrontMatter:
    def text(name: str) -> str:
        if name not in found or _holds_comment(name, *found[name], lines, complaints):
            return ""
        return read_text(name, found[name][1], complaints)

    return FrontMatter(
        end=end,
        title=text("title"),
        subject=text("subject"),
        preheader=text("preheader"),
        language=text("language"),
        topics=read_texts("topics", found["topics"][1], complaints) if "topics" in found else (),
        sponsors=read_sponsors(found["sponsors"][1], complaints) if "sponsors" in found else (),
        review_by=read_date("review_by", found["review_by"][1], complaints) if "review_by" in found else None,
        corrects=text("corrects"),
        places={
            name: Place(complaints.file, key.start_mark.line + 1, key.start_mark.column + 1) for name, (key, _) in found.items()
        },
    )


def _holds_comment(name: str, key: Node, value: Node, lines: Sequence[str], complaints: Complaints) -> bool:
    """Complain about ``subject: Question #1``, of which YAML takes all from the # on for a comment."""
    number = key.start_mark.line
    comment = _COMMENT.search(lines[number], (value if value.value else key).end_mark.column)
    if name not in _READ_BY_READERS or value.end_mark.line > number + (not value.value) or comment is None:
        return False
    whole = lines[number][key.end_mark.column + 1 :].strip()
    message = f"a # after a space starts a comment, so readers would not see {quoted(comment[0].strip())}"
    mistake = Mistake("front-matter-comment", message, f"Write `{name}: {in_quotes(whole)}`.")
    complaints.add(mistake, line=number + 1, column=comment.start() + 2)
    return True
