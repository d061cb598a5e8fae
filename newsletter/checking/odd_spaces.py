"""Odd spaces in one line of an issue file: those that nobody sees and that do no good, mended where the text stays the same."""

from __future__ import annotations

import re
import unicodedata

_ODD = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_ODD_SPACES = re.compile(rf"[{_ODD}\t]+")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]+")
_WORTH_A_LOOK = re.compile(rf"[{_ODD}\t\u200b\u2060\ufeff\u00ad]|  |[ \t]\r?$")
_MARKUP_BEFORE_TEXT = re.compile(r"[ \t]*(?:(?:[-+*>]|\d{1,9}[.)]|#{1,6}|:{3,}|\w+:(?= ))(?:[ \t]+|$))*")
_NOT_WORDS = re.compile(r"://|\]\(|[<>`{}&@|\\]")
_SHORT = re.compile(r"[^\W\d_]{1,3}\.|[^\W\d_]|[^\W_]*\d\S*")
"""What a non-breaking space rightly keeps with its neighbour: a title, an initial, a number."""

_LONGEST_SHORT = 40

_CLOSING = frozenset('.,;:!?)”"»\N{RIGHT SINGLE QUOTATION MARK}')
_OPENING = frozenset('(“"«¿¡\N{LEFT SINGLE QUOTATION MARK}')


def mend_spaces(line: str, *, following: str, in_front_matter: bool) -> tuple[str, list[str]]:
    """Mend the spaces of a line that is no code, and say what was done; ``following`` is the next line.

    A mend after which the line would begin with other markup than before is left out.
    """
    if not _WORTH_A_LOOK.search(line):
        return line, []
    text, carriage_return = (line[:-1], "\r") if line.endswith("\r") else (line, "")
    done: list[str] = []
    while True:
        mended = _mend_once(text, done, following=following, in_front_matter=in_front_matter)
        if mended == text:
            return text + carriage_return, done
        text = mended


def _mend_once(text: str, done: list[str], *, following: str, in_front_matter: bool) -> str:
    if not text.strip(" \t"):
        if text:
            done.append(_ENDS)
        return ""
    if not any(map(str.isalnum, text)):
        return text
    body = text.rstrip(" \t")
    # Two blanks before another line of a paragraph begin a new line on the page; so would a backslash without the blank after it.
    breaks_line = (text.endswith("  ") or body.endswith("\\")) and bool(following.strip()) and not in_front_matter
    ending = text[len(body) :]
    if ending and not breaks_line:
        done.append(_ENDS)
        ending = ""
    if "|" in body or (in_front_matter and body.lstrip().startswith("#")):
        return body + ending
    start = _markup_before(body)
    words = body[start:].split(" ")
    said: list[str] = []
    mended = [word if _NOT_WORDS.search(word) else _mend_word(word, said, first=not n) for n, word in enumerate(words)]
    # In the front matter, blanks before a # line up comments.
    if "" in mended[1:] and not (in_front_matter and "#" in body):
        said.append(_DOUBLE)
        mended = [word for number, word in enumerate(mended) if word or not number]
    new = body[:start] + " ".join(mended)
    if _markup_before(new) != start and not in_front_matter:
        return body + ending
    done += said
    return new + ending


_ENDS = "took out spaces at the end"
_DOUBLE = "made one space of several"


def _markup_before(body: str) -> int:
    match = _MARKUP_BEFORE_TEXT.match(body)
    return match.end() if match else 0


def _mend_word(word: str, done: list[str], *, first: bool) -> str:
    """Mend what stands between two blanks; ``first`` is said of the first after a line's own markup."""

    def without(match: re.Match[str]) -> str:
        before, after = _neighbours(match)
        if not _is_text(before) or not _is_text(after) or _begins_with_a_sign(before, after, first=first):
            return match[0]
        done.append(f"took out {_name(match[0])}, which nobody sees")
        return ""

    def plain(match: re.Match[str]) -> str:
        before, after = _neighbours(match)
        if _begins_with_a_sign(before, after, first=first):
            return match[0]
        if not before or not after:
            done.append(f"took out {_name(match[0])} beside a space")
            return ""
        if not _joins_words(before, after) or _belong_together(match):
            return match[0]
        done.append(f"wrote a space for {_name(match[0])}")
        return " "

    return _ODD_SPACES.sub(plain, _INVISIBLE.sub(without, word))


def _neighbours(match: re.Match[str]) -> tuple[str, str]:
    return match.string[max(match.start() - 1, 0) : match.start()], match.string[match.end() : match.end() + 1]


def _begins_with_a_sign(before: str, after: str, *, first: bool) -> bool:
    return first and not before and not after.isalpha()


def _is_text(neighbour: str) -> bool:
    return not neighbour or neighbour.isalnum() or neighbour.isspace() or neighbour in ".,;?…“”»«¿¡"


def _joins_words(before: str, after: str) -> bool:
    return (before.isalpha() or before in _CLOSING) and (after.isalpha() or after in _OPENING)


def _belong_together(space: re.Match[str]) -> bool:
    if "\t" in space[0]:
        return False
    last = _ODD_SPACES.split(space.string[max(space.start() - _LONGEST_SHORT, 0) : space.start()])[-1]
    following = _ODD_SPACES.split(space.string[space.end() : space.end() + _LONGEST_SHORT])[0]
    return _SHORT.fullmatch(last) is not None or _SHORT.fullmatch(following) is not None


def _name(characters: str) -> str:
    return f"a {unicodedata.name(characters[0], 'tab').lower()}"
