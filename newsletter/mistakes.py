"""What pydantic and TOML find wrong, said to somebody who has never heard of either."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import AfterValidator, ValidationError

_PLACE = re.compile(r"^(?P<problem>.*) \((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)$", re.DOTALL)
_SAYS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing",
    "extra_forbidden": lambda _: "is not known here; look how its name is written",
    "tuple_type": lambda _: 'has to be a list, such as ["one", "two"]',
    "dict_type": lambda _: "has to be a table of its own",
    "model_type": lambda _: "has to be a table of its own",
    "string_type": lambda _: "has to be text in quotation marks",
    "string_too_short": lambda _: "may not be empty",
    "string_too_long": lambda about: f"may have {about['max_length']} characters at most",
    "int_type": lambda _: "has to be a whole number",
    "int_parsing": lambda _: "has to be a whole number",
    "int_from_float": lambda _: "has to be a whole number",
    "float_type": lambda _: "has to be a number",
    "float_parsing": lambda _: "has to be a number",
    "bool_type": lambda _: "has to be true or false",
    "bool_parsing": lambda _: "has to be true or false",
    "literal_error": lambda about: f"has to be {about['expected']}",
    "less_than_equal": lambda about: f"may be {about['le']} at most",
    "greater_than_equal": lambda about: f"has to be {about['ge']} at least",
    "greater_than": lambda about: f"has to be more than {about['gt']}",
    "too_short": lambda about: f"has to have {about['min_length']} at least",
    "value_error": lambda about: str(about["error"]),
}


def matching(pattern: str, wanted: str) -> AfterValidator:
    """Accept text that matches ``pattern`` as a whole; otherwise say that it has to be what ``wanted`` describes."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"has to be {wanted}")
        return value

    return AfterValidator(check)


def describe_mistakes(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    """Give the place of every mistake and what is wrong there, never the value, which may be a secret."""
    found = [(item["loc"], _say(item["type"], item.get("ctx", {}), item["msg"])) for item in error.errors()]
    # A list is too short when none of its elements was right, and those are named already.
    within = {loc[:-1] for loc, _ in found if loc}
    return [(loc, said) for loc, said in found if loc not in within]


def explain_toml(error: Exception) -> str:
    """Say where a TOML file cannot be read, and what to look for there."""
    if isinstance(error, UnicodeDecodeError):
        return "not saved as UTF-8. Save it again: most editors ask for the encoding under “Save as”."
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror})."
    if not isinstance(error, tomllib.TOMLDecodeError):
        return str(error)
    match = _PLACE.match(str(error))
    problem = match["problem"] if match else str(error)
    where = f"line {match['line']}, column {match['column']}" if match and match["line"] else "its end"
    return f'cannot be read at {where}: {problem}. Write name = "words", with straight quotation marks, one in a line.'


def _say(kind: str, about: Mapping[str, Any], otherwise: str) -> str:
    say = _SAYS.get(kind)
    return say(about) if say else otherwise
