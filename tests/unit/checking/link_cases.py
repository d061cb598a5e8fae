"""Cases for the rules about where links lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newsletter.checking.link_answers import Hop, LinkAnswer, Trouble
from newsletter.checking.report import Draft
from tests.unit.checking.cases import Cases
from tests.unit.checking.drafts import HTML, good_draft, with_edition

GUIDE = "https://example.org/guide"
BASE = "https://n.example.org"


def _answered(**answer: object) -> Draft:
    return replace(good_draft(), link_answers={GUIDE: replace(LinkAnswer(GUIDE), **answer)})  # type: ignore[arg-type]


def _led(status: int, target: str) -> Draft:
    return _answered(status=200, hops=(Hop(status, target),))


def _linking(address: str) -> Draft:
    draft = with_edition(html=HTML.replace(GUIDE, address), web=f'<h1>x</h1><h2 id="tests">y</h2><a href="{address}">z</a>')
    return replace(draft, languages=("en", "es"), issue_names=frozenset({"2026-10"}))


CASES: Mapping[str, Cases] = {
    "link-dead": Cases(
        fails=[
            _answered(status=404),
            _answered(status=410),
            _answered(trouble=Trouble.NAME_UNKNOWN),
            _answered(trouble=Trouble.REFUSED),
            _answered(trouble=Trouble.NOT_AN_ADDRESS),
        ],
        passes=[
            good_draft(),
            _answered(status=200),
            _answered(status=403),
            _answered(trouble=Trouble.TIMED_OUT),
            replace(good_draft(), link_answers={"https://example.org/another": LinkAnswer("https://example.org/another", 404)}),
        ],
    ),
    "link-unsafe": Cases(
        fails=[
            _answered(trouble=Trouble.CERTIFICATE, detail="the certificate of example.org has expired"),
            _led(302, "http://example.org/guide"),
        ],
        passes=[_answered(status=200), _led(302, "https://www.example.org/guide")],
    ),
    "link-page-missing": Cases(
        fails=[
            _answered(status=200, title="Page not found | Example"),
            _answered(status=200, heading="La página que busca no existe"),
            _led(301, "https://www.example.org/"),
        ],
        passes=[_answered(status=200, title="Gene not found in mice", heading="What was not found"), _led(301, f"{GUIDE}/new")],
    ),
    "link-moved": Cases(
        fails=[_led(301, "https://example.org/new-guide"), _led(308, "https://www.example.org/guide")],
        passes=[_led(302, "https://example.org/new-guide"), _led(301, f"{GUIDE}/"), _answered(status=200)],
    ),
    "link-unchecked": Cases(
        fails=[
            *(_answered(status=status) for status in (400, 401, 403, 429, 451, 500, 503, 999)),
            *(_answered(trouble=one) for one in (Trouble.TIMED_OUT, Trouble.RING, Trouble.PRIVATE, Trouble.OFFLINE)),
            _answered(status=200, challenged=True),
            _answered(status=200, title="Are you a robot?"),
        ],
        passes=[_answered(status=200), _answered(status=404), replace(good_draft(), link_answers={})],
    ),
    "own-page-unknown": Cases(
        fails=[
            _linking(f"{BASE}/issue/october"),
            _linking(f"{BASE}/issues/2026-10/en"),
            _linking(f"{BASE}/issues/2026-10/fr/"),
            _linking(f"{BASE}/issues/2025-02/en/"),
            _linking(f"{BASE}/issues/2026-12/en/#testes"),
        ],
        passes=[
            good_draft(),
            *(_linking(f"{BASE}{path}") for path in ("", "/", "/issues/", "/privacy", "/subscribe?from=letter", "/feed.xml")),
            _linking(f"{BASE}/issues/2026-12/en/#tests"),
            _linking(f"{BASE}/issues/2026-10/es/#anything"),
            _linking("https://other.example.org/issue/october"),
        ],
    ),
    "contact-link-broken": Cases(
        fails=[_linking("tel:555-CALL"), _linking("tel:+1844"), _linking("mailto:nobody"), _linking("mailto:a@b@example.org")],
        passes=[good_draft(), _linking("mailto:helpline@example.org?subject=A%20question"), _linking("tel:+34912345678")],
    ),
}
