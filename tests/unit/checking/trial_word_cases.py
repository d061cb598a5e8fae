"""Cases for the rules about the editors' own words in a trial's block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newsletter.checking.report import Draft
from newsletter.checking.vocabulary import Vocabulary
from tests.unit.checking.cases import Cases
from tests.unit.checking.drafts import block, written


def _card(body: str = "It asks if it is safe.", title: str = "", *, language: str = "en", status: str = "open") -> Draft:
    draft = written("Text.", block("trial", {"nct_id": "NCT09990001", "title": title, "status": status}, body=body))
    return replace(draft, issue=replace(draft.issue, language=language))


def _points(count: int, status: str = "open") -> Draft:
    return _card("About.\n\n" + "* You are well.\n" * count + "\nA visit.\n\n* Not a point.", status=status)


CASES: Mapping[str, Cases] = {
    "trial-promises": Cases(
        fails=[
            *map(
                _card,
                [
                    "Study medicine A works in HER2-low cancer.",
                    "It works by blocking a protein.",
                    "Both work well together.",
                    "An effective pill.",
                    "A promising drip.",
                    "It is proven to help.",
                    "A life-saving pill. It may cure.",
                    "This treatment is given by vein.",
                    "You get a new cancer treatment.",
                    "The treatment is a pill.",
                    "A therapy called A.",
                    "You are well.\n\n* You want a treatment that helps.",
                    "The study asks if it is safe. It works.",
                ],
            ),
            _card(title="A breakthrough pill"),
            _card(title="An experimental therapy"),
            _card("No cure yet, and this treatment.", status="closed"),
            *(
                _card(body, language="es")
                for body in (
                    "La medicina de estudio A funciona.",
                    "Es una pastilla eficaz.",
                    "Un suero muy efectivo.",
                    "Una medicina prometedora.",
                    "Cura el cáncer.",
                    "Un nuevo tratamiento por la vena.",
                    "El tratamiento del estudio es una pastilla.",
                    "Una terapia experimental.",
                    "Un tratamiento para el cáncer HER2 bajo.",
                )
            ),
        ],
        passes=[
            *map(
                _card,
                [
                    "The study asks if it works, and how effective it is.",
                    "Nobody knows yet whether it works.",
                    "It is not a cure.",
                    "You have had no more than two treatments since it spread.",
                    "You have had a treatment for cancer in the brain.",
                    "You had a new treatment within four weeks.",
                    "It is compared with the usual treatment.",
                    "You had earlier treatment. Current treatment goes on.",
                    "You use effective birth control.",
                    "Your liver works well enough.",
                    "The team works with your doctor. A social worker helps.",
                    "Chemotherapy or immunotherapy before.",
                    "Cancer that a biopsy has proven.",
                    "You keep the treatment that you have now.",
                ],
            ),
            *(
                _card(body, language="es")
                for body in (
                    "Pregunta si funciona y cuánto.",
                    "No se sabe si es eficaz.",
                    "No ha recibido más de dos tratamientos desde que se extendió.",
                    "Sus riñones funcionan bien.",
                    "Usa un método anticonceptivo eficaz.",
                    "Se compara con el tratamiento de siempre.",
                    "Le pagan el viaje en efectivo.",
                    "Cáncer avanzado, comprobado por biopsia.",
                )
            ),
            # What the editors' own list finds is said once.
            replace(_card("A breakthrough."), vocabulary=Vocabulary(avoided={"en": {"breakthrough": "Say what was found."}})),
            written("This treatment works."),
            written("Text.", block("story", {"by": "Ana"}, body="This new treatment works.")),
        ],
    ),
    "trial-points": Cases(
        fails=[_points(1), _points(2), _points(6), _points(2, "not_yet"), _points(9, "expanded")],
        passes=[
            _card("About.\n\n1. A visit."),
            _points(3),
            _points(5),
            _points(1, "closed"),
            written("* One point.", block("callout", body="* One.")),
        ],
    ),
}
