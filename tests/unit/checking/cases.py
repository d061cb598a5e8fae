"""For every rule: drafts that it must find fault with, and drafts close to them that it must let pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from newsletter.authoring.issue import Image, MergeField, Sponsor
from newsletter.authoring.lock import TrialLock
from newsletter.authoring.trial import Trial
from newsletter.checking.report import Draft
from newsletter.checking.vocabulary import Vocabulary
from newsletter.rendering.edition import Variant
from newsletter.rendering.merge import merge_token
from tests.unit.checking.drafts import (
    HTML,
    TEXT,
    WEB,
    block,
    good_draft,
    make_issue,
    translated,
    with_edition,
    with_issue,
    written,
)


@dataclass(frozen=True)
class Cases:
    """Drafts for one rule; an element is a draft, or the drafts of an issue in several languages."""

    fails: Sequence[Draft | list[Draft]]
    passes: Sequence[Draft | list[Draft]]


def _picture(alt: str) -> Draft:
    image = Image("images/receptors.png", b"", "image/png", 2, 1)
    return written("Text.", block("figure", {"image": image, "alt": alt}))


def _trial(card_status: str, registry_status: str) -> Draft:
    trial = Trial("NCT09990001", "An invented trial", registry_status)
    draft = written("Text.", block("trial", {"nct_id": "NCT09990001", "status": card_status}))
    return replace(draft, issue=replace(draft.issue, lock=TrialLock({trial.nct_id: trial})))


def _without(token: str, part: str) -> Draft:
    text = {"html": HTML, "text": TEXT}[part]
    return with_edition(**{part: text.replace(token, "")})


MANAGE = merge_token(MergeField("manage_url"))
UNSUBSCRIBE = merge_token(MergeField("unsubscribe_url"))

CASES: dict[str, Cases] = {
    "subject-length": Cases(
        fails=[with_issue(subject="x" * 9), with_issue(subject="x" * 61)],
        passes=[with_issue(subject="x" * 10), with_issue(subject="x" * 60)],
    ),
    "subject-shouts": Cases(
        fails=[
            with_issue(subject="PLEASE READ this letter"),
            with_issue(subject="NOTICIAS ÚTILES para usted"),
            with_issue(subject="Good news! Open now!"),
            with_issue(subject="Good news!!!"),
        ],
        passes=[with_issue(subject="A letter from SHARE to you"), with_issue(subject="¡Buenas noticias para usted!")],
    ),
    "subject-names-diagnosis": Cases(
        fails=[
            with_issue(subject="News about metastatic disease"),
            with_issue(subject="Noticias sobre el cáncer"),
            with_issue(subject="What HER2-low means for you"),
            with_issue(subject="Vivir con metástasis, día a día"),
            with_issue(subject="Living with stage IV, day by day"),
            with_issue(subject="QUIMIOTERAPIA: qué preguntar"),
        ],
        passes=[good_draft(), with_issue(subject="A stage for your questions")],
    ),
    "preheader-length": Cases(
        fails=[with_issue(preheader="x" * 39), with_issue(preheader="x" * 141)],
        passes=[with_issue(preheader="x" * 40), with_issue(preheader="x" * 140)],
    ),
    "preheader-repeats-subject": Cases(
        fails=[with_issue(preheader=" your TEST results,  and what they may open")],
        passes=[with_issue(preheader="Your test results, and what they may open for you")],
    ),
    "preheader-names-diagnosis": Cases(
        fails=[with_issue(preheader="What a breast cancer report says, in plain words")], passes=[good_draft()]
    ),
    "sponsors-not-shown": Cases(
        fails=[with_issue(sponsors=(Sponsor("Example Foundation"),))],
        passes=[with_issue(sponsors=(Sponsor("Example Foundation"),), sections=make_issue("x", block("sponsors")).sections)],
    ),
    "image-without-alt": Cases(
        fails=[
            with_edition(html=HTML + '<img src="/assets/a.png">'),
            with_edition(html=HTML + '<img src="/assets/a.png" alt=" ">'),
            with_edition(web=WEB + '<img src="/assets/a.png" alt>'),
            with_edition(web=WEB + "<img>"),
        ],
        passes=[with_edition(web=WEB + '<img src="/a.png" alt="" role="none">')],
    ),
    "alt-is-file-name": Cases(
        fails=[_picture("receptors.png"), _picture("receptors"), _picture("IMG_2041"), written("Text\n![figure 3](f.png) here")],
        passes=[
            _picture("A cell with two receptors"),
            written("![A cell](f.png)"),
            written("x", block("figure", {"alt": "f.png"})),
        ],
    ),
    "one-main-heading": Cases(
        fails=[with_edition(html=HTML.replace("h1", "h2")), with_edition(web=WEB + "<h1>Again</h1>")], passes=[good_draft()]
    ),
    "heading-level-skipped": Cases(
        fails=[
            with_edition(html=HTML + "<h4>Deep</h4>"),
            with_edition(web="<h2>First</h2><h1>Second</h1>"),
            with_edition(topics=("trials",), narrower=(Variant((), "<h1>One</h1><h3 class='a'><b>Three</b></h3>", ""),)),
        ],
        passes=[with_edition(html=HTML + "<h3>Deep</h3><h4>Deeper</h4><h2>Up again</h2>")],
    ),
    "link-text-vague": Cases(
        fails=[
            written("[Click here](https://example.org)"),
            written("Vea [**aquí**.](https://example.org)"),
            written("[Más información »](https://example.org)"),
            written("Text.", block("button", {"url": "https://example.org", "label": "Read more"})),
            written("Text.", block("callout", body="[here](https://example.org)")),
        ],
        passes=[written("[Read more about tests](https://example.org)"), written("[Aquí vivimos](https://example.org)")],
    ),
    "link-text-bare-address": Cases(
        fails=[written("<https://example.org/a>"), written("[www.example.org](https://example.org)")],
        passes=[written("[example.org, the guide](https://example.org)"), written("<editors@example.org>")],
    ),
    "link-without-words": Cases(
        fails=[
            with_edition(html=HTML + '<a href="https://example.org"> <img alt=""></a>'),
            with_edition(web=WEB + '<a href=""></a>'),
        ],
        passes=[
            with_edition(html=HTML + '<a href="https://example.org"><img alt="SHARE"></a>'),
            with_edition(web=WEB + '<a href="#top" aria-label="To the top">↑</a><a id="anchor"></a>'),
        ],
    ),
    "link-not-https": Cases(
        fails=[
            written("[the guide](http://example.org)"),
            written("Text.", block("resource", {"url": "HTTP://example.org"})),
            with_issue(sponsors=(Sponsor("Example", "http://example.org"),)),
        ],
        passes=[
            written("[the guide](https://example.org/?from=http://)"),
            written("Text.", block("resource", {"url": "https://example.org", "cost": 0})),
        ],
    ),
    "unsubscribe-link-missing": Cases(
        fails=[
            _without(UNSUBSCRIBE, "html"),
            _without(UNSUBSCRIBE, "text"),
            with_edition(html=HTML.replace(">Unsubscribe<", "><")),
        ],
        passes=[good_draft()],
    ),
    "manage-link-missing": Cases(fails=[_without(MANAGE, "html"), _without(MANAGE, "text")], passes=[good_draft()]),
    "postal-address-missing": Cases(
        fails=[
            _without("100 Example Street", "html"),
            _without("100 Example Street", "text"),
            with_edition(html=""),
            replace(good_draft(), postal_address=" "),
        ],
        passes=[good_draft()],
    ),
    "merge-field-unknown": Cases(
        fails=[
            with_edition(html=HTML + "@@MM:last_name:@@"),
            with_edition(text=TEXT + "@@MM:first_name:6672696@@"),
            with_edition(text=TEXT + "@@MM:first_name:ff@@"),
            with_edition(web=WEB + "@@MM:first_name:@@"),
        ],
        passes=[with_edition(html=HTML + "@@MM:address:@@")],
    ),
    "leftover-placeholder": Cases(
        fails=[
            with_edition(html=HTML + remains)
            for remains in ("@@MMBLOCK0@@", "@@MM:first_name", "{{ title }}", "{% if x %}", "<mj-text>", r'<p title="a\u{a0}b">')
        ]
        + [with_edition(text=TEXT + "Tests {#tests}"), with_edition(web=WEB + "</mj-section>")],
        passes=[with_edition(text=TEXT + "a { b } and an address@@ work".replace("@@", "@")), good_draft()],
    ),
    "html-too-large": Cases(
        fails=[with_edition(html=HTML + "x" * 102_000), with_edition(html=HTML + "é" * 17_000)],
        passes=[with_edition(html=HTML + "é" * 16_000)],
    ),
    "html-large": Cases(
        fails=[with_edition(html=HTML + "x" * 80_000)],
        passes=[with_edition(html=HTML + "x" * 75_000), with_edition(html=HTML + "x" * 110_000)],
    ),
    "disclaimer-missing": Cases(
        fails=[
            with_edition(text=TEXT.replace("not medical advice", "news")),
            replace(
                written("Text.", block("callout", {"kind": "note"})), edition=with_edition(text="Where experts talk.").edition
            ),
            replace(written("x", block("callout", {"kind": "important"})), edition=with_edition(text="").edition),
            with_edition(text="Ask your care team. Hable siempre con su equipo médico."),
            with_edition(topics=("tnbc",), narrower=(Variant((), HTML, TEXT.replace("not medical advice", "news")),)),
        ],
        passes=[
            good_draft(),
            with_edition(text="Este boletín no reemplaza a su\nequipo médico."),
            with_edition(text="It can’t take the place of your doctor."),  # noqa: RUF001  as word processors write it
            with_edition(text="Esta carta no es un consejo médico."),
            with_edition(text="It does not replace\nyour doctor."),
        ],
    ),
    "review-date-missing": Cases(fails=[with_issue(review_by=None)], passes=[good_draft()]),
    "review-date-past": Cases(
        fails=[with_issue(review_by=date(2026, 11, 30))],
        passes=[with_issue(review_by=date(2026, 12, 1)), with_issue(review_by=None)],
    ),
    "helpline-missing": Cases(
        fails=[
            with_edition(html=HTML.replace("tel:+18442757427", "https://example.org")),
            with_edition(html=HTML.replace("tel:+1844", "tel:+1999")),
            with_edition(text=TEXT.replace("844-275-7427", "")),
            replace(with_edition(text="Call us."), helpline_tel=""),
            replace(with_edition(html=HTML.replace("tel:", "https:")), helpline_tel=""),
        ],
        passes=[good_draft(), replace(with_edition(text="(844) 275 7427"), helpline_tel="")],
    ),
    "retired-number": Cases(
        fails=[
            written("Call us.\n\nOr (866) 891-2392."),
            written("Text.\n[call](tel:866%2D891%2D2392)"),
            replace(good_draft(), vocabulary=Vocabulary(files={"issues/glossary.toml": "# Call 866 891 2392"})),
            with_edition(text=TEXT + "866.891.2392"),
            with_edition(web=WEB + '<a href="tel:+18668912392">'),
        ],
        passes=[written("Call 866-891-2393.")],
    ),
    "trial-not-locked": Cases(
        fails=[written("Text.", block("trial", {"nct_id": "NCT09990002", "status": "closed"}))],
        passes=[written("Text.", block("trial", {"nct_id": "NCT09990001", "status": "open"}))],
    ),
    "trial-card-too-hopeful": Cases(
        fails=[_trial("open", "COMPLETED"), _trial("not_yet", "WITHDRAWN"), _trial("open", "NOT_YET_RECRUITING")],
        passes=[_trial("open", "RECRUITING"), _trial("not_yet", "NOT_YET_RECRUITING"), _trial("closed", "COMPLETED")],
    ),
    "trial-missing-in-language": Cases(
        fails=[
            [
                written("Text.", block("trial", {"nct_id": "NCT09990001", "status": "open"})),
                *translated(make_issue("Texto."))[1:],
            ],
            translated(make_issue("Texto.", block("trial", {"nct_id": "NCT09990001", "status": "open"}))),
        ],
        passes=[
            [
                written("Text.", block("trial", {"nct_id": "NCT09990001", "status": "open"})),
                *translated(make_issue("Texto.", block("trial", {"nct_id": "NCT09990001", "status": "open"})))[1:],
            ],
            # Spanish readers get the English text: nothing can be missing in it.
            [written("Text.", block("trial", {"nct_id": "NCT09990001", "status": "open"})), written("Text.")],
        ],
    ),
    "trial-status-differs": Cases(
        fails=[
            [_trial("open", "RECRUITING"), *translated(_trial("closed", "RECRUITING").issue)[1:]],
            written("Text.", *(block("trial", {"nct_id": "NCT09990001", "status": status}) for status in ("open", "closed"))),
        ],
        passes=[[_trial("open", "RECRUITING"), *translated(_trial("open", "RECRUITING").issue)[1:]]],
    ),
    "section-missing-in-language": Cases(
        fails=[translated(replace(make_issue("Texto."), sections=()))],
        passes=[translated(make_issue("Texto.")), []],
    ),
}
