"""Technical terms and drug names: each is explained somewhere in the issue that uses it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from newsletter.checking.prose import REFERENCES, Passage, PassageKind
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.vocabulary import TechnicalTerm
from newsletter.findings import Severity

_EXPLAINED_AFTER = re.compile(
    r"""[”"'*»)\]]*\s*(?:
          \([^)]*\w                                           # Trodelvy (a medicine that …)
        | [:=\N{EN DASH}—]\s*\w                                         # ER: the estrogen receptor
        | ,\s+(?:an?|the|one|or|which|that|short|also|another|un[oa]?|el|la|los|las|que|o|también|otr[oa]|en|in)\b
        | \s?\b(?:(?:is|are|was|were)\s+(?:an?|the|one|short|also|another|called|made|given|used)|means?|stands?\ for
            |(?:es|son)\s+(?:un[oa]?s?|el|la|los|las|lo|otr[oa]|también)|significan?|quieren?\ decir|se\ llaman?)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_EXPLAINED_BEFORE = re.compile(
    r"""\b(?:such\ as|for\ example|for\ instance|called|known\ as|named|short\ for|the\ words?|the\ letters?|like
        |como|por\ ejemplo|llamad[oa]s?|llaman?|conocid[oa]s?\ como|siglas\ de|las?\ palabras?|las?\ letras?)\b[^.?!]*$""",
    re.VERBOSE | re.IGNORECASE,
)
_DEFINED = re.compile(
    r"""[”"'*»)]*(?:\s[\w-]+){0,3}\s(?:is|are|means?|es|son|significan?|quieren?\ decir)\s
        [^.?!]*\b(?:that|which|who|where|for|que|para)\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""What follows a term that begins a sentence which says what it is: "Metastatic breast cancer is …"."""

_LOOKS = 100
"""How often a term is looked at in an issue; who explains it does so sooner."""
_NEAR = 400
"""Characters round a term in which its explanation is looked for."""

_PARENTHESIS = re.compile(r"\s*\(([^)]*)\)")
_OPENING = re.compile(r"\(\s*[“\"]?$")


@rule("term-unexplained", Severity.WARNING, Group.PLAIN_LANGUAGE)
def every_technical_term_is_explained(draft: Draft) -> Iterator[Remark]:
    """Explain every technical term and every drug, once in an issue at least.

    Somebody reads about this illness for the first time in every issue. The terms are those of `issues/glossary.toml` and of
    `issues/words.toml`, which the editors own. One counts as explained when it is marked as a glossary word, when it begins a
    paragraph in bold, or when words beside it say what it is. Advice: whether the words explain it is for people to judge.

    Mend: Mark it as a word of the glossary, or say beside it in a few words what it is.

    Wrong:
        Ask whether Trodelvy may be for you.

    Right:
        Ask whether Trodelvy, an [[antibody drug conjugate]], may be for you.
    """
    looks: Counter[int] = Counter()
    first: dict[int, tuple[TechnicalTerm, Passage, int, int]] = {}
    explained: set[int] = set()
    for passage, terms in draft.technical_terms.items():
        if passage.block in REFERENCES:
            continue
        for found in terms:
            term, start, end = found.meaning, passage.spans[found.first][0], passage.spans[found.after - 1][1]
            first.setdefault(id(term), (term, passage, start, end))
            looks[id(term)] += 1
            if id(term) not in explained and looks[id(term)] <= _LOOKS and _is_explained(passage, start, end, term):
                explained.add(id(term))
    for key, (term, passage, start, end) in first.items():
        if key not in explained:
            shown = passage.text[start:end]
            yield Remark(
                f"“{shown}” is explained nowhere in the issue", passage.place(start), _fix(term, shown, draft.issue.language)
            )


def _is_explained(passage: Passage, start: int, end: int, term: TechnicalTerm) -> bool:
    if any(begin < end and start < after for begin, after in passage.explained):
        return True
    if passage.kind is PassageKind.HEADING:
        return False
    text = passage.text
    if start < passage.bold and text[passage.bold :].strip(" .:,"):
        return True
    after = text[end : end + _NEAR]
    names = _PARENTHESIS.match(after)
    if names and _names(names[1], term):
        after = after[names.end() :]
    sentence = max((begin for begin, _ in passage.sentences if begin <= start), default=0)
    before = text[max(sentence, start - _NEAR) : start]
    opening = _OPENING.search(before)
    beside = opening is not None and not _names(before[: opening.start()], term, at_end=True)
    if not before.strip(' “"*') and _DEFINED.match(after):
        return True
    return beside or bool(_EXPLAINED_AFTER.match(after) or _EXPLAINED_BEFORE.search(before))


def _names(text: str, term: TechnicalTerm, *, at_end: bool = False) -> bool:
    """Say whether a text is only another name of the term, or ends with one: "olaparib (Lynparza)" explains nothing."""
    words = " ".join(text.casefold().split())
    names = [name.casefold() for name in term.names]
    return any(words.endswith(name) for name in names) if at_end else words in names


def _fix(term: TechnicalTerm, shown: str, language: str) -> str:
    says = term.says.get(language, "")
    if term.glossary_key:
        return f"Write [[{term.glossary_key}{'' if shown == term.glossary_key else f'|{shown}'}]] where it first stands."
    beside = f"Say beside it what it is, such as “{shown} ({says})”" if says else "Say beside it in a few words what it is"
    return f"{beside}, or add it to issues/glossary.toml and write [[{shown}]]."
