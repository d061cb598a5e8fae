"""No author input can crash the pipeline, break a page, leave a placeholder, or put markup or a header into a mail."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import html5lib
import pytest
from html5lib.html5parser import ParseError
from hypothesis import HealthCheck, event, example, given, settings
from selectolax.lexbor import LexborHTMLParser

from newsletter.authoring.issue import Issue
from newsletter.authoring.lock import TrialLock
from newsletter.authoring.parse import IssueFile, parse_issue
from newsletter.checking.check import check_editions
from newsletter.checking.written_issue import drafts
from newsletter.config import load_config
from newsletter.errors import IssueError
from newsletter.rendering.edition import Edition, Variant
from newsletter.rendering.mail_headers import MailHeaders
from newsletter.rendering.merge import Personal, fill
from newsletter.rendering.message import compile_message
from newsletter.rendering.render import Letterhead, render_editions
from tests.site_folder import REPOSITORY
from tests.unit.checking.any_issue import anything, issue_file
from tests.unit.rendering.drafting import DESIGN, GLOSSARY, KINDS, TOPICS, TRIAL

CONFIG = load_config(REPOSITORY)
LETTERHEAD = Letterhead.of(CONFIG)
LOCK = TrialLock({TRIAL.nct_id: TRIAL})
OF = IssueFile("2026-12", "issues/2026-12/issue.md", "en", REPOSITORY / "issues/2026-12")
TOP = "---\ntitle: Mets Matters\nsubject: Your results\npreheader: In plain words\nlanguage: en\n---\n"
READER = Personal("Zoë <b>", "zoe@example.org", "https://example.org/m/1", "https://example.org/u/1")

GOOD = f"""{TOP}Hello, {{{{first_name|friend}}}}, [choose]({{{{manage_url}}}}) or [go]({{{{unsubscribe_url}}}}). A [[biopsy]].

## Part {{#part}}

### Head

Some *soft* **bold** `code` [link](https://example.org) [below](#part)\\
broken.

* One
  - Two

    more

7. Seven

> Said

***

```
code
```

| a | b | c | d |
|:--|--:|:-:|---|
| 1 | 2 | 3 | 4 |

| a |
|---|
| 1 |

::: trial NCT01234567 "Its name"
Why.
:::

::: resource https://example.org/ "A guide" language="English" cost="Free"
Who made it.
:::

::: helpline
Call.
:::

::: callout "Mind" kind=important
Text.
:::

::: callout "Note"
Text.
:::

::: quote by="Rosa" source=https://example.org/
Words.
:::

::: story "Hers" by="Rosa" consent=2026-10-01
Words.
:::

::: figure images/receptors.png "Under it" alt="Cells"
Longer.
:::

::: button https://example.org/ "Go"
:::

::: sources
* One
:::

::: sponsors
Thanks.
:::

::: resources
* [One](https://example.org/) Text.
* [Two](https://example.org/) Text.
* [Three](https://example.org/) Text.
:::

::: event 2026-12-10T14:00 "Talk" zone=America/New_York place="Online" url=https://example.org/
Come.
:::

::: correction said="Wrong"
Right.
:::

::: for topic=trials
For some.
:::
"""

TEMPLATES_ALONE = {
    "active-content",
    "foreign-resource",
    "language-undeclared",
    "layout-table-announced",
    "manage-link-missing",
    "merge-field-unknown",
    "one-main-heading",
    "outlook-unbalanced",
    "postal-address-missing",
    "table-header-scope",
    "text-part-differs",
    "text-too-small",
    "tracking-pixel",
    "unsubscribe-link-missing",
}
"""Rules that only a template can break: a finding of theirs about a text would be a false alarm, or a hole."""

HEADERS = {
    *("Date", "From", "Reply-To", "To", "Message-ID", "Subject", "MIME-Version", "Content-Type"),
    *("Precedence", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Archive", "List-Help"),
}
SAFE_TARGET = re.compile(r"(?:https?://|mailto:|tel:|#|@@MM:(?:manage|unsubscribe)_url:@@$|data:text/calendar)")
TOKEN = re.compile(r"@@MM(?!:(?:first_name|address|manage_url|unsubscribe_url):[0-9a-f]*@@)|<mj-")


def render(text: str) -> tuple[Issue, tuple[Edition, ...]]:
    """Parse and render; the Spanish reader gets the same text under a notice."""
    issue = parse_issue(text.encode("utf-8", "replace"), of=OF, kinds=KINDS, glossary=GLOSSARY, topics=TOPICS, lock=LOCK)
    return issue, render_editions([issue], DESIGN, LETTERHEAD)


def pages(edition: Edition) -> list[str]:
    return [*(variant.html for variant in edition.variants), edition.web]


def markup(page: str) -> set[tuple[str, str]]:
    """Give the elements of a page with their attributes, comments for Outlook opened up."""
    page = re.sub(r"<!--\[if[^\]]*\]>(?:<!-->)?|(?:<!--)?<!\[endif\]-->", "", page)
    nodes = LexborHTMLParser(page).css("*")
    return {(node.tag or "", name) for node in nodes for name in (*node.attributes, "")}


OURS = {pair for edition in render(GOOD)[1] for page in pages(edition) for pair in markup(page)}
"""Every element that templates and Markdown can make, with its attributes: seen in an issue that has them all."""


def words_of(page: str) -> set[str]:
    """Give the visible words of a mail."""
    page = re.sub(r"<head.*?</head>|<!--.*?-->|<(\w+)[^>]*display:none.*?</\1>", " ", page, flags=re.DOTALL)
    tree = html5lib.parse(re.sub(r"<br>|</?(?:p|td|th|li|ul|ol|h\d|div)\b", r" \g<0>", page), namespaceHTMLElements=False)
    body = tree.find("body")
    assert body is not None
    return set(re.findall(r"\w+", "".join(body.itertext())))


def missing_words(variant: Variant) -> set[str]:
    """Give what the HTML part says and the text part does not; the number of a link may stand inside a word there."""
    missing = words_of(variant.html) - set(re.findall(r"\w+", variant.text))
    run_together = re.sub(r"\s*\[\d+\]|\s+", "", variant.text) if missing else ""
    return {word for word in missing if word not in run_together}


def require_sound_pages(edition: Edition) -> None:
    for page in pages(edition):
        try:
            html5lib.HTMLParser(strict=True).parse(page)
        except ParseError as error:
            raise AssertionError(f"not HTML: {error}") from error
        assert not TOKEN.search(page), TOKEN.search(page)
        assert markup(page) - OURS == set()
        for node in LexborHTMLParser(page).css("[href], [src]"):
            for name in ("href", "src"):
                assert SAFE_TARGET.match(node.attributes.get(name) or "#"), node.html
    assert "@@MM" not in edition.web
    for variant in edition.variants:
        assert not TOKEN.search(variant.text)
        assert missing_words(variant) == set()


def require_sound_message(edition: Edition, variant: Variant) -> None:
    template = compile_message(edition, MailHeaders.of(CONFIG), variant=variant)
    sent = template.message(READER, message_id="<1@example.org>", date=datetime(2026, 12, 1, tzinfo=UTC))
    assert max(map(len, sent.split(b"\r\n"))) <= 78
    assert sent.count(b"\n") == sent.count(b"\r\n") == sent.count(b"\r")
    message = email.message_from_bytes(sent, policy=email.policy.default)
    assert set(message.keys()) == HEADERS
    assert len(message.keys()) == len(HEADERS)
    assert " ".join(str(message["Subject"]).split()) == " ".join(edition.subject.split())
    text, html = message.iter_parts()
    assert not [defect for part in (message, text, html) for defect in part.defects]
    assert text.get_content().replace("\r\n", "\n") == fill(variant.text, READER.value)
    assert "Zoë &lt;b&gt;" in html.get_content() or "@@MM:first_name" not in variant.html


def require_sense(text: str) -> str:
    lines = len(re.split("\r\n|\r|\n", text))
    try:
        issue, editions = render(text)
    except IssueError as error:
        findings = error.findings
        outcome = "mistakes of form"
    else:
        outcome = "drawn"
        for edition in editions:
            require_sound_pages(edition)
        for variant in editions[0].variants:
            require_sound_message(editions[0], variant)
        findings = check_editions(drafts([issue], editions, sent_on=date(2026, 12, 1), config=CONFIG)).findings
        assert [str(finding) for finding in findings if finding.rule in TEMPLATES_ALONE] == []
    for finding in findings:
        assert 0 <= finding.place.line <= lines
        assert finding.message
        assert finding.fix
    return outcome


def test_the_issue_that_has_everything_is_sound() -> None:
    assert require_sense(GOOD) == "drawn"


def test_a_hole_in_a_template_would_be_seen() -> None:
    """The test of the test: markup, a token or a lost word is noticed."""
    edition = render(GOOD)[1][0]
    for hole in ("<b onclick=x>", "<script></script>", "@@MMHELD1@@", "</p></p>", "lostword", '<a href="javascript:x">x</a>'):
        with pytest.raises(AssertionError):
            require_sound_pages(replace(edition, html=edition.html.replace("Some <em", f"{hole} <em")))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(issue_file)
def test_whatever_an_editor_writes_in_our_grammar(text: str) -> None:
    event(require_sense(text))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(anything)
@example("a\n\n- b\n\n      c")
def test_whatever_an_editor_types(text: str) -> None:
    event(require_sense(TOP + "## Part\n\n" + text))
