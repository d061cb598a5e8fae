"""The editors' own words in a trial's block: nothing that is being studied is known to help, and points are few."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.checking.prose import Passage
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Severity
from newsletter.rendering.trial_text import read_trial_text

POINTS = range(3, 6)
"""How many points say who may join: fewer say too little, and nobody reads a registry's whole list."""

_HELPS = r"""
      \bworks\b(?!\s(?:with|at|from|as|together|hard|full|part|out|for\s(?:a|the))\b) | \bwork\s(?:well|better|best|wonders)\b
    | \b(?:effective|effectively|efficacious|promising|breakthrough|miracle|life-?saving|cures?|cured)\b | \bproven\sto\b
    | \bfuncionan?\b | \b(?:eficaz|eficaces|eficazmente)\b | (?<!\ben\s)\befectiv[oa]s?\b
    | \b(?:prometedor(?:a|es|as)?|milagro\w*|cura|curan|curar)\b | \bavances?\s(?:medic|revolucionari|important)\w+
    """
"""What says that something helps. To say that a study asks whether it does is what a card is for."""

_TREATMENT = r"""
      \b(?:this|new|newer|novel|study|trial|experimental|investigational|promising|innovative|better)\s(?:[\w-]+\s)?
        (?:treatments?|therap(?:y|ies))\b
    | \b(?:an?|the)\s(?:treatment|therapy)\s(?:for|called|being|which|with|is|may|can|could|will|helps?)\b
    | \b(?:an?|the)\s(?:treatment|therapy)\sthat\s(?!you\b|they\b|people\b|has\sbeen|have\sbeen|was\b)
    | \b(?:este|nuevo|novedoso|mejor|innovador|prometedor)\s(?:\w+\s)?tratamiento\b
    | \b(?:estos|nuevos|mejores)\s(?:\w+\s)?tratamientos\b
    | \btratamientos?\s(?:nuevos?|novedosos?|experimental(?:es)?|innovador(?:es)?|prometedor(?:es)?|llamado|del?\sestudio
        |en\s(?:estudio|investigacion)|que\sse\sestudian?)\b
    | \b(?:un|el)\stratamiento\s(?:para|con|puede|podria)\b
    | \b(?:esta|nueva)\sterapia\b | \bterapias?\s(?:nuevas?|experimental(?:es)?|innovadoras?|prometedoras?|del?\sestudio)\b
    """
"""“Treatment” for what is being studied. Earlier treatments, and the usual ones, are another matter."""

_ASKED = re.compile(
    r"\b(?:if|whether|how|no|not|never|nobody|without|cannot|can't|isn't|doesn't|unless|si|como|cuanto|cual|ni|nunca|nadie|sin)\b"
)
"""A word before it in the sentence that makes a question or a denial of it."""

_HAD_BEFORE = re.compile(r"\b(?:had|received|recibi\w+)\b")
"""What people had before is a treatment, and most studies ask about it."""

_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:kidneys?|liver|heart|lungs?|marrow|organs?|thyroid|contracepti\w+|birth\scontrol|blood\swork|jobs?|office|employ\w+"
    r"|rinon(?:es)?|higado|corazon|pulmon(?:es)?|medula|organos?|tiroides|anticoncep\w+|metodos?)\b"
)
"""Words about the body and about birth control: how well they work is a rule of many studies, and no promise."""

_SIGNS = (
    *("work", "effective", "efficacious", "promising", "proven", "cure", "breakthrough", "miracle", "saving"),
    *("funciona", "eficaz", "eficac", "efectiv", "prometedor", "milagro", "cura", "avance"),
    *("treatment", "therap", "tratamiento", "terapia"),
)
"""One of these is in everything that the patterns find; most cards have none, and looking for them is much faster."""


@rule("trial-promises", Severity.WARNING, Group.MEDICAL_CARE)
def no_trial_card_says_that_it_helps(draft: Draft) -> Iterator[Remark]:
    """Say of what a trial studies that it is studied, never that it works, and do not call it a treatment.

    A trial is there because nobody knows whether it helps. Many people who join one believe that it was chosen as the best for
    them. The check looks at the title and the text of trial blocks, in English and Spanish, for words such as “works”,
    “effective”, “breakthrough” and “cure”, and for “treatment” where it means what is being studied: “a new treatment”, “this
    treatment”. A question is let pass (“asks if it works”), a denial, a treatment that people have had before, and how well
    organs and birth control work. Advice: the check sees words, not what they are about. What `loaded-word` finds already is
    not said twice.

    Mend: Say what is asked, “the study asks if it is safe”, and call it “study medicine A”, a pill, a drip, or what is being
    studied.

    Wrong:
        ::: trial NCT09990001 "A new treatment that works when chemotherapy has stopped"

    Right:
        ::: trial NCT09990001 "A study medicine for when chemotherapy has stopped helping"
    """
    loaded = draft.vocabulary.loaded.get(draft.issue.language)
    for passage in draft.passages:
        if passage.block != "trial" or not any(sign in passage.folded for sign in _SIGNS):
            continue
        known = {passage.spans[found.first][0] for found in loaded.find(passage.words)} if loaded else set()
        for start, end, fix in _promises(passage):
            if start not in known:
                shown = " ".join(passage.text[start:end].split())
                yield Remark(f"“{shown}” says more than anybody knows of what a trial studies", passage.place(start), fix)


def _promises(passage: Passage) -> Iterator[tuple[int, int, str]]:
    """Give where a passage promises, in its order, and how to mend it."""
    # Compiled when they are first needed, since few cards are.
    for first, last in passage.sentences:
        sentence = passage.folded[first:last]
        if not _OF_SOMETHING_ELSE.search(sentence):
            for match in re.finditer(_HELPS, sentence, re.VERBOSE):
                if not _ASKED.search(sentence, 0, match.start()):
                    yield first + match.start(), first + match.end(), "Write what the study asks: “asks if it …”."
        if not _HAD_BEFORE.search(sentence):
            for match in re.finditer(_TREATMENT, sentence, re.VERBOSE):
                yield first + match.start(), first + match.end(), "Call it a study medicine, a pill, or what is being studied."


@rule("trial-points", Severity.WARNING, Group.MEDICAL_CARE)
def a_trial_card_has_three_to_five_points(draft: Draft) -> Iterator[Remark]:
    """Say who may join a trial in three to five points, or in none.

    The points are the first list of the block. Fewer leave out what decides, and more are the registry's own list, which has
    dozens that only the study team can judge; the card says by itself that other rules apply. Without a list the card shows the
    age and the sex that the registry gives. A closed study is not looked at: nobody joins it.

    Mend: Choose what a reader can tell of herself, such as the kind of cancer, what she has had so far, and what has to be
    measured first.

    Wrong:
        ::: trial NCT09990001 "A study medicine for HER2-low cancer"
        The study asks if it is safe.

        * Your cancer is HER2-low.
        :::

    Right:
        ::: trial NCT09990001 "A study medicine for HER2-low cancer"
        The study asks if it is safe.

        * Your cancer is HER2-low: your score is 1+ or 2+.
        * It has spread.
        * You have had chemotherapy since then.

        A drip into a vein every three weeks.
        :::
    """
    for block in draft.issue.blocks:
        if block.kind == "trial" and block.fields.get("status") != "closed":
            count = read_trial_text(block.body).point_count
            if count and count not in POINTS:
                points = "only 1 point says" if count == 1 else f"{count} points say"
                fix = "Choose the five that matter most." if count > max(POINTS) else "Write three to five, or no list."
                yield Remark(f"{points} who may join {block.fields.get('nct_id')}", block.place, fix)
