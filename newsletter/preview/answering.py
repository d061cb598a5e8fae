"""What the preview's page asks for, and what it gets: the page itself, the state, the frames, pictures and weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from newsletter.authoring.issue import Issue
from newsletter.checking.explaining import explain
from newsletter.checking.form import form_mistakes
from newsletter.checking.rules import all_rules
from newsletter.checking.written_issue import WrittenIssue
from newsletter.findings import Finding
from newsletter.preview.showing import PreviewView, draw_view
from newsletter.preview.state import Preview, PreviewState
from newsletter.preview.weights import weigh_mail
from newsletter.rendering.edition import Edition

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin"
)
"""A mail's own styles and pictures, and nothing else: no script, no form, no address elsewhere. It stays of the page's own
origin so that the page can keep its place and say where a link leads."""

HTML, JSON = "text/html; charset=utf-8", "application/json"
PAGE_FILES = {
    "/": ("index.html", HTML),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/element.js": ("element.js", "text/javascript; charset=utf-8"),
    "/frames.js": ("frames.js", "text/javascript; charset=utf-8"),
    "/tabs.js": ("tabs.js", "text/javascript; charset=utf-8"),
    "/findings.js": ("findings.js", "text/javascript; charset=utf-8"),
    "/sizes.js": ("sizes.js", "text/javascript; charset=utf-8"),
}


@dataclass(frozen=True, slots=True)
class PreviewAnswer:
    """An HTTP answer. ``policy`` is its Content-Security-Policy."""

    status: int
    media_type: str
    body: bytes
    policy: str = PAGE_POLICY


NOT_FOUND = PreviewAnswer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"There is nothing here.")


def answer(preview: Preview, target: str) -> PreviewAnswer:
    """Answer a GET of ``target``, a path with its query."""
    url = urlsplit(target)
    if url.path in PAGE_FILES:
        name, media_type = PAGE_FILES[url.path]
        return PreviewAnswer(HTTPStatus.OK, media_type, (files("newsletter.preview") / "page" / name).read_bytes())
    written = preview.state.shown
    if written is None:
        return NOT_FOUND
    match [unquote(word) for word in url.path.split("/")]:
        case ["", "assets", name]:
            return _picture(written, name)
        case ["", "weights", language]:
            return _of_edition(written, language, url.query, view=None)
        case ["", "shown", language, view] if view in list(PreviewView):
            return _of_edition(written, language, url.query, view=PreviewView(view))
    return NOT_FOUND


def _of_edition(written: WrittenIssue, language: str, query: str, *, view: PreviewView | None) -> PreviewAnswer:
    """Show one view of an edition, or say what it weighs; ``query`` names the topics that its reader chose."""
    edition = next((edition for edition in written.editions if edition.language == language), None)
    if edition is None:
        return NOT_FOUND
    variant = edition.variant_for(parse_qs(query).get("topic", []))
    if view is None:
        weight = weigh_mail(edition, variant, _issue_of(written, edition), written.config)
        return PreviewAnswer(HTTPStatus.OK, JSON, orjson.dumps(asdict(weight)))
    page = draw_view(edition, variant, view, base_url=written.config.web.base_url)
    return PreviewAnswer(HTTPStatus.OK, HTML, page.encode(), FRAME_POLICY)


def describe(preview: Preview, state: PreviewState) -> bytes:
    """Write a state as the JSON that the page reads, on one line."""
    written = state.shown
    value = {
        "issue": preview.name,
        "version": state.version,
        "milliseconds": round(state.milliseconds, 1),
        "hindrance": state.reading.hindrance,
        "drawn": state.reading.written is not None,
        "from": written.config.newsletter.from_name if written else "",
        "editions": [_edition(written, edition) for edition in written.editions] if written else [],
        "findings": [_finding(finding) for finding in state.reading.findings],
        "sources": state.reading.sources,
    }
    return orjson.dumps(value)


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "fix": finding.fix,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "place": str(finding.place),
        "why": _explanations().get(finding.rule, ()),
    }


@cache
def _explanations() -> Mapping[str, tuple[str, ...]]:
    """Give by id what the pages of the checks say about a rule or a mistake of form, in paragraphs."""
    said: dict[str, tuple[str, ...]] = {mistake.id: (mistake.what, mistake.mend) for mistake in form_mistakes()}
    for rule in all_rules():
        told = explain(rule)
        said[rule.id] = tuple(part for part in (told.demand, told.why, told.mend) if part)
    return said


def _edition(written: WrittenIssue, edition: Edition) -> dict[str, object]:
    issue = _issue_of(written, edition)
    labels = {block.topic.key: block.topic.label for block in issue.blocks if block.topic}
    return {
        "language": edition.language,
        "file": issue.file,
        "title": edition.title,
        "subject": edition.subject,
        "preheader": edition.preheader,
        "digest": edition.digest,
        "topics": [{"key": key, "label": labels.get(key, key)} for key in edition.topics],
    }


def _issue_of(written: WrittenIssue, edition: Edition) -> Issue:
    return next(issue for issue in written.issues if issue.language == edition.written_in)


def _picture(written: WrittenIssue, name: str) -> PreviewAnswer:
    assets = (asset for edition in written.editions for asset in edition.assets if asset.name == name)
    asset = next(assets, None)
    return PreviewAnswer(HTTPStatus.OK, asset.media_type, asset.data) if asset else NOT_FOUND
