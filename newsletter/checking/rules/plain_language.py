"""Plain language: advice for writers, since who reads this letter may be tired, frightened or new to all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter.checking.prose import OWN_WORDS, REFERENCES, Passage, PassageKind
from newsletter.checking.reading_level import SMOG_SENTENCES, Counts, count, flesch_kincaid, inflesz, smog
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.vocabulary import ReadingLimits
from newsletter.findings import Severity

SECTION_WORDS = 60
"""Words of prose from which a section is graded: a grade of two sentences says more about one word than about the text."""

_NEGATIONS = frozenset({"no", "not", "never", "isn't", "without", "nor", "sin", "ni", "nunca", "ningun", "ninguna"})
_NEGATED_WITHIN = 3
"""Words before a loaded word in which a "no" takes the promise out of it: "there is still no cure"."""

_PROSE = frozenset({PassageKind.PARAGRAPH, PassageKind.ITEM})

_RELATIVE = r"""
      \d[\d.,]{0,12}\s?(?:%|percent|per\ cent|por\ ciento)\s(?:\w+\s)?
        (?:lower|higher|less|more|fewer|smaller|greater|better|reduction|increase|drop|cut
          |menos|mas|menor|mayor|mejor|reduccion|aumento)\b
    | \b(?:cuts?|lower\w*|reduc\w+|rais\w+|increas\w+|decreas\w+|drop\w*|fell|rose|redujo|baj\w+|aument\w+|disminuy\w+)
        \s(?:[\w'-]+\s){0,6}(?:by|un|en\ un|en)\s(?:about\s|around\s|cerca\ de\s|casi\s)?
        \d[\d.,]{0,12}\s?(?:%|percent|per\ cent|por\ ciento)
    | \b(?:twice|three\ times|four\ times|five\ times|half|\d+\ times)
        \sas\s(?:likely|often|many|high|common|effective|good|long)\b
    | \b(?:doubl|halv|tripl)(?:es|ed|ing)\s(?:\w+\s){0,3}(?:risk|chance|odds|survival)\b
    | \b(?:el\ doble|la\ mitad|el\ triple)\ de\s(?:\w+\s){0,2}?(?:riesgo|probab\w+|frecuen\w+|posibilidad\w*)\b
    | \b(?:dos|tres|cuatro|cinco|\d+)\ veces\s(?:mas|menos)\b
    | \b(?:hazard|odds|risk)\ ratio\b | \brazon\ de\ riesgos?\b | \bcociente\ de\ riesgos\b
    """
_RELATIVE_SIGNS = (
    *("%", "percent", "per cent", "por ciento", "as likely", "as often", "as many", "as high", "as common", "as effective"),
    *("as good", "as long", "doubl", "halv", "tripled", "triples", "tripling", "el doble de", "el triple de", "la mitad de"),
    *("veces m", " ratio", "razon de", "cociente"),
)
"""Every relative number holds one of these; most texts hold none, and looking for them is much faster than the pattern."""

_ABSOLUTE = re.compile(
    r"\b(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|un[oa]?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez)\s"
    r"(?:women\s|people\s|patients\s|mujeres\s|personas\s|pacientes\s)?(?:(?:out\s)?of|in|de)\s(?:every\s|each\s|cada\s)?(?:the\s|las\s)?\d"
)


@rule("reading-grade", Severity.WARNING, Group.PLAIN_LANGUAGE)
def sections_are_easy_to_read(draft: Draft) -> Iterator[Remark]:
    """Write every section so that somebody with eight years of school can read it.

    Half of all grown-ups read no harder text with ease, and nobody does in the week of a scan. English is graded by
    Flesch-Kincaid and, where a text has the thirty sentences that it needs, by SMOG; Spanish by INFLESZ. Only prose counts: no
    headings, tables, lists without full stops, quotations or sources. Drugs, trial numbers and words that the glossary or
    `issues/words.toml` names count as one short word. The limits stand in `issues/words.toml`. Advice: a formula knows
    nothing of meaning.

    Mend: Cut long sentences in two, say who does what, and take the everyday word.

    Wrong:
        The administration of intravenous chemotherapeutic medications necessitates regular hematological monitoring.

    Right:
        You get the medicine through a vein. You will have blood tests often.
    """
    limits, language = draft.vocabulary.limits, draft.issue.language
    set_aside = {
        passage: [(passage.spans[term.first][0], passage.spans[term.after - 1][1]) for term in terms]
        for passage, terms in draft.technical_terms.items()
    }
    whole = Counts()
    for number, passages in draft.passages_by_section.items():
        counts = count(passages, language, set_aside)
        whole += counts
        section = draft.issue.sections[number]
        grade = _too_hard(counts, language, limits) if counts.words >= SECTION_WORDS else ""
        if grade:
            title = f"the section “{section.title}”" if section.title else "the text before the first section"
            yield Remark(f"{title} is hard to read: {grade}", section.place, _EASIER)
    grade = _too_hard(whole, language, limits) if whole.sentences >= SMOG_SENTENCES else ""
    if grade:
        yield Remark(f"the issue as a whole is hard to read: {grade}", draft.file, _EASIER)


_EASIER = "Cut long sentences in two, and take the everyday word; `newsletter check` says which sentences are long."


@rule("sentence-too-long", Severity.NOTICE, Group.PLAIN_LANGUAGE)
def sentences_are_short(draft: Draft) -> Iterator[Remark]:
    """Keep sentences within 25 words, in Spanish within 30.

    Who is tired has lost the beginning of a longer one when its end comes. The words of readers and sources stay as they are. The
    limits stand in `issues/words.toml`. Advice: now and then a sentence needs its length.

    Mend: Make two sentences of it, or a list of its parts.

    Wrong:
        Before you join, the team, which has to follow the rules of the trial that its sponsor wrote, will tell you what will
        happen, what the risks are and what you would pay.

    Right:
        Before you join, the team tells you what will happen. They also tell you the risks, and what you would pay.
    """
    most = draft.vocabulary.limits.sentence_words.get(draft.issue.language, 0)
    for passage in draft.passages:
        if passage.kind not in _PROSE or not most or _is_theirs(passage):
            continue
        for start, end in passage.sentences:
            if passage.text.count(" ", start, end) + passage.text.count("\n", start, end) < most:
                continue
            words = sum(any(map(str.isalnum, word)) for word in passage.text[start:end].split())
            if words > most:
                beginning = " ".join(passage.text[start:end].split()[:6])
                yield Remark(
                    f"the sentence “{beginning} …” has {words} words",
                    passage.place(start),
                    f"Cut it in two: at most {most} words.",
                )


@rule("loaded-word", Severity.WARNING, Group.PLAIN_LANGUAGE)
def no_word_promises_too_much(draft: Draft) -> Iterator[Remark]:
    """Do without words that promise too much, such as “breakthrough”, or that make an illness a fight that somebody can lose.

    Hope that a headline gave is paid for by the person who finds out. The list, with what to write instead, is the editors'
    own: `avoid` in `issues/words.toml`. A word after a “no” is let pass, and so are the words of readers and the titles of
    sources.

    Mend: Say what was found, in how many people, and what is not known yet.

    Wrong:
        A breakthrough in the battle against cancer

    Right:
        In a study of 200 people, the cancer of 60 got smaller
    """
    book = draft.vocabulary.loaded.get(draft.issue.language)
    if book is None:
        return
    front = [("subject", draft.issue.subject), ("preheader", draft.issue.preheader), ("title", draft.issue.title)]
    shown = [Passage(PassageKind.FIELD, text, draft.issue.file, draft.field_place(name).line, 0) for name, text in front]
    for passage in (*shown, *draft.passages):
        if _is_theirs(passage):
            continue
        for found in book.find(passage.words):
            if not _NEGATIONS.intersection(passage.words[max(0, found.first - _NEGATED_WITHIN) : found.first]):
                start, end = passage.spans[found.first][0], passage.spans[found.after - 1][1]
                yield Remark(f"“{passage.text[start:end]}” is a loaded word", passage.place(start), found.meaning)


@rule("relative-risk-alone", Severity.WARNING, Group.PLAIN_LANGUAGE)
def relative_numbers_have_absolute_ones(draft: Draft) -> Iterator[Remark]:
    """Give numbers of people beside a relative number: how many of 100 with the treatment, and how many of 100 without.

    “50 percent lower risk” may mean 2 people instead of 4 in 1,000, or 20 instead of 40 in 100. Readers and doctors alike
    overrate a treatment when they hear the relative number alone (Cochrane review CD006776). The absolute numbers are looked
    for in the same paragraph and the ones next to it. Advice: the check sees words, not what they are about.

    Mend: Say it in people, out of the same number each time.

    Wrong:
        The new pill cut the risk by 50 percent.

    Right:
        Of every 100 people on the new pill, the cancer of 10 grew within a year. Without it, it was 20 of every 100.
    """
    passages = [passage for passage in draft.passages if not _is_theirs(passage)]
    whole = "\n".join([passage.folded for passage in passages])
    signs = [sign for sign in _RELATIVE_SIGNS if sign in whole]
    for number, passage in enumerate(passages):
        if not any(sign in passage.folded for sign in signs):
            continue
        # Compiled when it is first needed: that takes as long as all other rules on words together.
        matches = list(re.finditer(_RELATIVE, passage.folded, re.VERBOSE))
        if not matches or _has_absolute(passages[max(0, number - 1) : number + 2], passage.section):
            continue
        for match in matches:
            shown = " ".join(passage.text[match.start() : match.end()].split())
            yield Remark(
                f"“{shown}” does not say how many people that is",
                passage.place(match.start()),
                "Add how many of 100 people with it, and how many of 100 without.",
            )


def _has_absolute(neighbours: Sequence[Passage], section: int) -> bool:
    return any(_ABSOLUTE.search(passage.folded) for passage in neighbours if passage.section == section)


def _is_theirs(passage: Passage) -> bool:
    return passage.block in OWN_WORDS or passage.block in REFERENCES


def _too_hard(counts: Counts, language: str, limits: ReadingLimits) -> str:
    """Say in words which limit a text goes over, "" where it goes over none or its language has no formula."""
    if language == "es":
        ease = inflesz(counts)
        return f"INFLESZ {ease:.0f}, where {limits.inflesz:g} is the least" if ease < limits.inflesz else ""
    if language != "en":
        return ""
    grade = flesch_kincaid(counts)
    if grade > limits.grade:
        return f"Flesch-Kincaid grade {grade:.1f}, where {limits.grade:g} is the most"
    if counts.sentences >= SMOG_SENTENCES and smog(counts) > limits.smog:
        return f"SMOG grade {smog(counts):.1f}, where {limits.smog:g} is the most"
    return ""
