"""Cases of the rules on plain language, terms, medicine, privacy."""

from __future__ import annotations

from dataclasses import replace

from newsletter.authoring.issue import Block, GlossaryTerm, MergeField, Sponsor
from newsletter.checking.report import Draft
from newsletter.checking.vocabulary import ReadingLimits, TechnicalTerm, Vocabulary
from newsletter.rendering.merge import merge_token
from tests.unit.checking.cases import Cases
from tests.unit.checking.drafts import HTML, block, good_draft, make_issue, with_edition, with_issue, written

VOCABULARY = Vocabulary(
    terms=(
        TechnicalTerm(("biopsy", "biopsia"), {"en": "taking out some cells"}, glossary_key="biopsy"),
        TechnicalTerm(("sacituzumab govitecan", "Trodelvy"), {"en": "an antibody drug conjugate"}, is_drug=True),
        TechnicalTerm(("equivocal", "equívoco"), {}),
    ),
    avoided={
        "en": {"breakthrough": "Say what was found.", "game changer": "Say what it changes.", "cure": "Say what it does."},
        "es": {"batalla": "Escriba “vivir con”.", "milagro": "Diga qué se encontró."},
    },
)
HARD = (
    "The administration of intravenous chemotherapeutic medications necessitates regular hematological monitoring, because "
    "considerable immunosuppression and unpredictable complications occasionally necessitate interruption of the therapeutic "
    "regimen. Multidisciplinary consultations facilitate individualized decision-making regarding pharmacological alternatives, "
    "particularly for patients experiencing significant deterioration of physiological functionality and concurrent "
    "psychological difficulties. Comprehensive rehabilitation opportunities are additionally available.\n"
) * 2
EASY = "You get it by vein. It takes an hour. You may feel tired. Rest when you can. Call us if you feel sick.\n" * 5
HARD_SPANISH = (
    "La administración intravenosa de medicamentos quimioterapéuticos requiere una monitorización hematológica periódica, "
    "debido a que la considerable inmunosupresión y las complicaciones imprevisibles pueden ocasionalmente determinar "
    "la interrupción del "
    "procedimiento terapéutico. Las consultas multidisciplinarias facilitan decisiones individualizadas sobre alternativas "
    "farmacológicas, particularmente para pacientes con deterioro significativo de la funcionalidad fisiológica y dificultades "
    "psicológicas simultáneas que requieren rehabilitación especializada.\n"
) * 2
# Short sentences of long words: easy by Flesch-Kincaid's measure of sentences, hard by SMOG, which has its thirty here.
LONG_WORDS = "It is a medical matter, and a serious one. " * 40
LONG_SENTENCE = "It is " + "very " * 23 + "long."


def said(markdown: str, *blocks: Block, language: str = "en") -> Draft:
    """Give a draft with this text, which the editors' list of words is held against."""
    draft = written(markdown, *blocks)
    return replace(draft, issue=replace(draft.issue, language=language), vocabulary=VOCABULARY)


def marked(markdown: str, shown: str) -> Draft:
    """Give a draft in which the words ``shown`` are a glossary mark."""
    draft = said(markdown)
    for part in draft.issue.sections[0].parts:
        for token in getattr(part, "tokens", ()):
            for child in token.children or ():
                if child.content == shown:
                    child.type, child.meta = "glossary_term", {"term": GlossaryTerm("biopsy", "biopsy", "Some cells.")}
    return draft


def with_link(url: str) -> Draft:
    """Give a draft with one link."""
    return written(f"[the guide]({url})")


PLAIN_LANGUAGE: dict[str, Cases] = {
    "reading-grade": Cases(
        fails=[
            said(HARD),
            said(HARD_SPANISH, language="es"),
            replace(said(LONG_WORDS), vocabulary=Vocabulary(limits=ReadingLimits(smog=8))),
            said(f"**Bone scan.** {HARD}"),
        ],
        passes=[
            said(EASY),
            # Two hard sentences are too few words for a grade.
            said("Multidisciplinary consultations facilitate individualized decision-making."),
            said(HARD, language="fr"),
            said(f"* {HARD.replace('.', '')}".replace("\n", "")),
            said("Text.", block("story", body=HARD)),
            said("Text.", block("sources", body=HARD)),
            said(f"### {HARD}"),
            said("Sacituzumab govitecan is one. " * 30 + "It helps."),
            replace(said(LONG_WORDS), vocabulary=Vocabulary(limits=ReadingLimits(grade=20, smog=20))),
        ],
    ),
    "sentence-too-long": Cases(
        fails=[said(LONG_SENTENCE), said(f"Short one.\n{LONG_SENTENCE}"), said(f"* {LONG_SENTENCE}")],
        passes=[
            said(LONG_SENTENCE.replace("very ", "", 1)),
            said(LONG_SENTENCE, language="es"),
            said(LONG_SENTENCE, language="fr"),
            said("Text.", block("quote", body=LONG_SENTENCE)),
            said(LONG_SENTENCE.replace(" very very", " — -", 10)),
        ],
    ),
    "loaded-word": Cases(
        fails=[
            said("A Breakthrough for all."),
            said("Is it a game-changer?"),
            said("Una batalla.", language="es"),
            said("Text.", block("callout", {"title": "A cure at last"})),
            replace(with_issue(subject="A breakthrough"), vocabulary=VOCABULARY),
        ],
        passes=[
            said("There is still no cure. It is not a breakthrough."),
            said("La batalla."),
            said("Text.", block("story", body="My battle, my cure, my breakthrough.")),
            said("Text.", block("sources", body="Example, “A breakthrough”, 2026.")),
            said("Un breakthrough.", language="fr"),
        ],
    ),
    "relative-risk-alone": Cases(
        fails=[
            said("It cut the risk by 50 percent."),
            said("With it, there was a 30% lower risk."),
            said("They were twice as likely to respond."),
            said("It is twice as effective."),
            said("It doubled the chance."),
            said("Redujo el riesgo en un 50 %.", language="es"),
            said("Tienen dos veces más riesgo, el doble de riesgo.", language="es"),
            said("The hazard ratio was good."),
            said("It cut the risk by 50 percent.\n\nMore.\n\nIt was 2 of 100."),
        ],
        passes=[
            said("It cut the risk by 50 percent: from 4 of 100 people to 2 of 100."),
            said("Twice as likely as before.\n\nIt was 10 of every 100 women, and 5 in 100 without."),
            said("Redujo el riesgo en un 50 %: de 4 de cada 100 mujeres a 2 de cada 100.", language="es"),
            said("About 30 percent of people. Twice a day."),
            said("Text.", block("quote", body="It cut my risk by 50 percent.")),
        ],
    ),
    "term-unexplained": Cases(
        fails=[
            said("Ask for a biopsy."),
            said("Ask about Trodelvy."),
            said("Ask about sacituzumab govitecan (Trodelvy)."),
            said("Ask about Trodelvy (sacituzumab govitecan)."),
            said("## Trodelvy, a medicine"),
            said("Your report was equivocal."),
            said("Trodelvy is good. Ask whether Trodelvy is good for you."),
            said("Many biopsies are considered soon."),
            said("Una biopsia.", language="es"),
        ],
        passes=[
            marked("A *biopsy* helps. The biopsy is soon.", "biopsy"),
            said("Ask about Trodelvy (a medicine by vein)."),
            said("Sacituzumab govitecan (Trodelvy), an antibody drug conjugate. Trodelvy again."),
            said("An antibody drug conjugate (Trodelvy) may help."),
            said("A medicine, such as Trodelvy."),
            said("A biopsy is a small operation."),
            said("Biopsy results are words that a doctor reads."),
            said("La biopsia es otra prueba.", language="es"),
            said("**Biopsy.** A doctor takes out some cells."),
            said("The word “equivocal” only says that."),
            said("Text.", block("sources", body="Example, “Biopsy”.")),
        ],
    ),
}

MEDICINE: dict[str, Cases] = {
    "sources-missing": Cases(
        fails=[
            said("About 30 percent have it."),
            said("It is 30 of every 100 people."),
            said("About six percent have it."),
            said("Son 6 de cada 100 mujeres."),
            said("Trodelvy may help."),
        ],
        passes=[
            said("About 30 percent have it.", block("sources", body="Example.")),
            said("Text.", block("trial", {"nct_id": "NCT09990001"}, body="30 percent")),
            said("Text.", block("quote", body="30 percent of my days.")),
            said("## 30 percent"),
            said("In 2026, 3 people and 12 cats: call 1-800-422-6237."),
        ],
    ),
    "helpline-number-differs": Cases(
        fails=[
            written("Call SHARE's helpline at 844-275-7472."),
            written("La línea de ayuda es el (844) 275 7420."),
        ],
        passes=[
            written("Call the helpline: 844-ASK-SHARE (844-275-7427), or 1-844-275-7427."),
            written("Call the helpline. The Cancer Information Service is at 1-800-422-6237."),
            replace(written("Call the helpline at 844-275-7472."), helpline_tel=""),
        ],
    ),
    "sponsors-block-empty": Cases(
        fails=[written("Text.", block("sponsors"))],
        passes=[good_draft(), with_issue(sponsors=(Sponsor("Example"),), sections=make_issue("x", block("sponsors")).sections)],
    ),
}

PRIVACY: dict[str, Cases] = {
    "link-tracked": Cases(
        fails=[
            with_link("https://example.org/?utm_source=x"),
            with_link("https://example.org/?a=1&amp;fbclid=x"),
            written("Text.", block("resource", {"url": "https://example.org/?mc_eid=1#a"})),
            with_issue(sponsors=(Sponsor("Example", "https://example.org/?UTM_Campaign=x"),)),
        ],
        passes=[
            with_link("https://example.org/?a=1&b=utm_source"),
            with_link("https://example.org/utm_source=1#utm_source=2"),
            written("Text?utm_source=x"),
        ],
    ),
    "link-shortened": Cases(
        fails=[with_link("https://bit.ly/x"), with_link("http://www.tinyurl.com/x")],
        passes=[
            with_link("https://example.org/bit.ly"),
            with_link("https://notbit.ly/x"),
            written("x", block("button", {"url": "https://[broken"})),
        ],
    ),
    "link-redirected": Cases(
        fails=[
            with_link("https://example.us1.list-manage.com/track/click?u=1"),
            with_link("https://nam02.safelinks.protection.outlook.com/?url=x"),
            with_link("https://www.google.com/url?q=https://example.org"),
        ],
        passes=[
            with_link("https://www.google.com/maps"),
            with_link("https://example.org/url?q=x"),
            with_link("tel:+18442757427"),
        ],
    ),
    "personal-link-elsewhere": Cases(
        fails=[
            with_edition(html=HTML + f'<a href="https://example.org/?a={merge_token(MergeField("address"))}">x</a>'),
            with_edition(html=HTML + f'<img alt="" src="https://example.org/{merge_token(MergeField("first_name", "x"))}">'),
            with_edition(html=HTML + f'<a href="{merge_token(MergeField("manage_url"))}?from=mail">x</a>'),
        ],
        passes=[good_draft(), with_edition(html='<a href="https://example.org">x</a>')],
    ),
    "private-address": Cases(
        fails=[written("Write to ana@gmail.com."), written("[Write](mailto:Jane.Doe@example.org)")],
        passes=[written("Write to editors@example.org or patient.help@example.org, not me @gmail."), good_draft()],
    ),
}

CASES: dict[str, Cases] = {**PLAIN_LANGUAGE, **MEDICINE, **PRIVACY}
