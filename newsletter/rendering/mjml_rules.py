"""What is wrong with the MJML of a mail, all of it, before MJML turns it into something else without a word."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from newsletter.authoring.complaints import did_you_mean, find_nearest, quoted
from newsletter.rendering.mjml_scan import Attribute, Comment, Tag, Text, Unreadable, scan
from newsletter.rendering.mjml_subset import BANNED, BANNED_ATTRIBUTES, CLASS, COMPONENTS, ONCE, ROOT, WORDS, Component, Form

VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
"""HTML's elements without an end tag."""

DEEPEST = 60
"""Tags inside of each other. MJML's parser calls itself for each; at 20,000 the whole process dies."""

_HARMLESS = re.compile(r"[ -\[\]-~\n]*")
"""What MJML leaves as it is in an attribute: ASCII without the backslash. It writes the rest as a Rust program would."""

_CONDITIONAL = re.compile(r"\[if [^\]]*\]>(.*)<!\[endif\]", re.DOTALL)


class MjmlMistake(NamedTuple):
    """A mistake and where it stands, in characters from 0."""

    offset: int
    message: str


@lru_cache(maxsize=8)
def find_mjml_mistakes(skeleton: str) -> tuple[MjmlMistake, ...]:
    """Give everything that is wrong with a mail's MJML, in its order. The last few skeletons are remembered."""
    reading = _Reading()
    for piece in scan(skeleton):
        if len(reading.path) > DEEPEST:
            reading.complain(reading.path[-1].offset, f"this tag stands inside of {DEEPEST} others; no mail needs so many")
            return tuple(sorted(reading.mistakes))
        match piece:
            case Text():
                reading.read_text(piece)
            case Comment():
                reading.read_comment(piece)
            case Unreadable():
                reading.read_unreadable(piece)
            case Tag() if piece.closes:
                reading.close(piece)
            case Tag():
                reading.open(piece)
    return reading.finish()


@dataclass(slots=True)
class _Open:
    """A tag that waits for its end, and what stands in it."""

    name: str
    offset: int
    doubtful: bool = False
    children: Counter[str] = field(default_factory=Counter)

    @property
    def component(self) -> Component | None:
        return COMPONENTS.get(self.name)


@dataclass(slots=True)
class _Reading:
    """What is open at present, outermost first, and what was found wrong so far."""

    path: list[_Open] = field(default_factory=lambda: [_Open("", 0)])
    mistakes: list[MjmlMistake] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    named: list[tuple[str, int]] = field(default_factory=list)

    def complain(self, offset: int, message: str) -> None:
        self.mistakes.append(MjmlMistake(offset, message))

    def holder(self) -> _Open:
        """Give the innermost component that is open; unknown tags and HTML are looked through."""
        return next(opened for opened in reversed(self.path) if opened.component or not opened.name)

    def read_text(self, text: Text) -> None:
        words = text.text.strip()
        if not words:
            return
        offset = text.offset + text.text.index(words[0])
        holder = self.holder()
        component = holder.component
        if not component:
            self.complain(offset, f"{quoted(words)} stands outside <mjml>")
        elif component.holds == "nothing" and self.path[-1] is holder:
            self.complain(offset, f"{quoted(words)} stands directly in <{holder.name}>, where MJML drops it; put it into mj-text")
        elif holder.name == "mj-title" and not _HARMLESS.fullmatch(words):
            self.complain(offset, f"MJML garbles the special characters of {quoted(words)}; print the title with {{{{ title }}}}")

    def read_comment(self, comment: Comment) -> None:
        if "--" in comment.text:
            self.complain(comment.offset, "MJML cannot read a comment with -- in it; write it as {# … #}")
        elif (conditional := _CONDITIONAL.fullmatch(comment.text)) and not _balanced(conditional[1]):
            self.complain(comment.offset, "MJML cannot read a conditional comment that does not close what it opens")

    def read_unreadable(self, piece: Unreadable) -> None:
        if not piece.name:
            self.complain(piece.offset, "a < that begins no tag; write &lt;")
            return
        slash = "/" if piece.closes else ""
        self.complain(piece.offset, f"the tag <{slash}{piece.name} … is not whole: a quotation mark, a space or > is missing")
        if not piece.closes and piece.name not in VOID:
            self.path.append(_Open(piece.name, piece.offset, doubtful=True))

    def open(self, tag: Tag) -> None:
        holder = self.holder()
        is_component = tag.name == ROOT or tag.name.startswith("mj-")
        self.check_place(tag, holder, is_component=is_component)
        holder.children[tag.name] += 1
        self.check_form(tag)
        if is_component and tag.name in COMPONENTS:
            self.check_attributes(tag, COMPONENTS[tag.name])
        if not tag.empty and tag.name.lower() not in VOID:
            self.path.append(_Open(tag.name, tag.offset))

    def check_place(self, tag: Tag, holder: _Open, *, is_component: bool) -> None:
        component = holder.component
        if tag.name in BANNED:
            self.complain(tag.offset, f"<{tag.name}> is not for this newsletter: {BANNED[tag.name]}")
        elif is_component and tag.name not in COMPONENTS:
            self.complain(tag.offset, f"there is no component <{tag.name}>. {did_you_mean(tag.name, COMPONENTS)}")
        elif not component:
            if tag.name != ROOT:
                self.complain(tag.offset, f"<{tag.name}> stands outside <mjml>")
        elif component.holds == "text":
            self.complain(tag.offset, f"<{tag.name}> cannot stand in <{holder.name}>, which holds text only")
        elif component.holds == "HTML":
            self.check_html_place(tag, holder, is_component=is_component)
        elif not is_component:
            self.complain(tag.offset, f"<{tag.name}> cannot stand directly in <{holder.name}>; put it into mj-text or mj-raw")
        elif tag.name not in component.children:
            allowed = ", ".join(sorted(component.children)) or "nothing"
            self.complain(tag.offset, f"<{tag.name}> cannot stand in <{holder.name}>; there may stand {allowed}")

    def check_html_place(self, tag: Tag, holder: _Open, *, is_component: bool) -> None:
        if is_component:
            self.complain(
                tag.offset, f"<{tag.name}> cannot stand in <{holder.name}>, which holds HTML; close <{holder.name}> first"
            )
        elif tag.name != tag.name.lower():
            self.complain(tag.offset, f"write <{tag.name}> in small letters; MJML cannot read it")

    def check_form(self, tag: Tag) -> None:
        times = Counter(attribute.name for attribute in tag.attributes)
        for attribute in {attribute.name: attribute for attribute in tag.attributes}.values():
            if times[attribute.name] > 1:
                self.complain(attribute.offset, f"{attribute.name} stands {times[attribute.name]} times in <{tag.name}>")
        for attribute in tag.attributes:
            if not attribute.quoted:
                self.complain(attribute.offset, f"the value of {attribute.name} in <{tag.name}> needs quotation marks")
            if not _HARMLESS.fullmatch(attribute.value):
                self.complain(
                    attribute.offset,
                    f"MJML garbles the special characters in {attribute.name}={quoted(attribute.value)}; put the words into "
                    "templates/words/ and print them, or write them as &#233; and the like",
                )

    def check_attributes(self, tag: Tag, component: Component) -> None:
        for attribute in tag.attributes:
            form = component.attributes.get(attribute.name)
            if form is None:
                self.complain(attribute.offset, _strange(tag.name, attribute.name, component))
            elif attribute.quoted:
                self.check_value(attribute, form)
            if attribute.name == "mj-class":
                self.named += [(name, attribute.offset) for name in attribute.value.split()]
        if tag.name == CLASS:
            self.classes |= {attribute.value for attribute in tag.attributes if attribute.name == "name"}
        in_head = self.holder().name == "mj-attributes"
        for needed in () if in_head and tag.name != CLASS else component.needs:
            if needed not in {attribute.name for attribute in tag.attributes}:
                why = ' (alt="" where it says nothing)' if needed == "alt" else ""
                self.complain(tag.offset, f"<{tag.name}> needs {needed}{why}")

    def check_value(self, attribute: Attribute, form: Form) -> None:
        # What is not ASCII has been complained of already.
        if form is not WORDS and not re.fullmatch(form.pattern, attribute.value):
            self.complain(attribute.offset, f"{attribute.name}={quoted(attribute.value)} is not {form.words}")

    def close(self, tag: Tag) -> None:
        top = self.path[-1]
        if tag.name in [opened.name for opened in self.path]:
            while self.path[-1].name != tag.name:
                self.leave(self.path.pop(), f"is not closed before </{tag.name}>")
            self.leave(self.path.pop(), "")
        elif (top.component and top.component.holds == "nothing") or not top.name:
            self.complain(tag.offset, f"</{tag.name}> closes nothing that is open")
        else:
            self.complain(tag.offset, f"</{tag.name}> stands where </{top.name}> has to stand")
            self.leave(self.path.pop(), "")

    def leave(self, opened: _Open, unclosed: str) -> None:
        if unclosed and not opened.doubtful:
            self.complain(opened.offset, f"<{opened.name}> {unclosed}")
        for name in ONCE.get(opened.name, ()):
            if (times := opened.children[name]) != 1:
                said = "lacks" if not times else f"has {times} times what it may have once:"
                self.complain(opened.offset, f"<{opened.name}> {said} <{name}>")

    def finish(self) -> tuple[MjmlMistake, ...]:
        while len(self.path) > 1:
            self.leave(self.path.pop(), "is never closed")
        if (times := self.path[0].children[ROOT]) != 1:
            self.complain(0, f"there has to be one <{ROOT}>, not {times or 'none'}")
        for name, offset in self.named:
            if name not in self.classes:
                self.complain(offset, f'no <mj-class name="{name}"> stands in <mj-attributes>')
        return tuple(sorted(self.mistakes))


def _balanced(html: str) -> bool:
    path: list[str] = []
    for piece in scan(html):
        if isinstance(piece, Tag) and piece.closes:
            if not path or path.pop() != piece.name:
                return False
        elif isinstance(piece, Tag) and not piece.empty and piece.name not in VOID:
            path.append(piece.name)
    return not path


def _strange(component_name: str, attribute_name: str, component: Component) -> str:
    reason = BANNED_ATTRIBUTES.get(attribute_name)
    if reason:
        return f"{attribute_name} is not for <{component_name}>: {reason}"
    nearest = find_nearest(attribute_name, component.attributes)
    hint = f"did you mean {nearest}?" if nearest else f"it knows {', '.join(sorted(component.attributes)) or 'none'}"
    return f"<{component_name}> does not know {attribute_name}; {hint}"
