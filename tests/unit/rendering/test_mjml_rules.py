"""A mistake in a mail's templates names its file and line. MJML itself accepts nearly all of these in silence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newsletter.errors import TemplateError
from newsletter.rendering.design import load_design
from newsletter.rendering.mjml_rules import find_mjml_mistakes
from newsletter.rendering.mjml_subset import BANNED, COMPONENTS
from tests.unit.rendering.drafting import HOME, draw, write_issue

LAYOUT = "email/layout.mjml.j2"
FOOT = "</mj-body>"

SKELETON = (
    '<mjml lang="en" dir="ltr"><mj-head><mj-title>A</mj-title><mj-preview>B</mj-preview></mj-head>'
    '<mj-body width="600px"><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>'
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    shutil.copytree(HOME / "templates", tmp_path / "templates")
    return tmp_path


def _refusal(site: Path) -> str:
    with pytest.raises(TemplateError) as refusal:
        draw(write_issue("## Part\n\nText.\n"), design=load_design(site))
    return str(refusal.value)


def _line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


BROKEN = [
    ("<mj-foo>x</mj-foo>\n" + FOOT, "<mj-foo>", "there is no component <mj-foo>"),
    ("<mj-sectoin></mj-sectoin>\n" + FOOT, "<mj-sectoin>", "Did you mean"),
    ("<mj-text>x</mj-text>\n" + FOOT, "<mj-text>x", "<mj-text> cannot stand in <mj-body>"),
    ("<mj-section><p>x</p></mj-section>\n" + FOOT, "<p>x", "<p> cannot stand directly in <mj-section>"),
    ("<mj-section>\nwords\n</mj-section>\n" + FOOT, "words", "“words” stands directly in <mj-section>"),
    ('<mj-section pading="0"></mj-section>\n' + FOOT, "pading", "did you mean padding?"),
    ('<mj-section padding="0 12"></mj-section>\n' + FOOT, '"0 12"', "padding=“0 12” is not one to four lengths"),
    ('<mj-section\n  background-color="teal"></mj-section>\n' + FOOT, "teal", "is not # and six hex digits"),
    ('<mj-section padding="0" padding="1px"></mj-section>\n' + FOOT, 'padding="1px"', "padding stands 2 times"),
    ("<mj-section padding=0></mj-section>\n" + FOOT, "padding=0", "padding in <mj-section> needs quotation marks"),
    ('<mj-section padding="0></mj-section>\n' + FOOT, 'padding="0>', "the tag <mj-section … is not whole"),
    ("<mj-section>\n</mj-wrapper>\n" + FOOT, "</mj-wrapper>", "</mj-wrapper> closes nothing that is open"),
    ("<mj-section>\n" + FOOT, "<mj-section>\n</mj-body>", "<mj-section> is not closed before </mj-body>"),
    ('<mj-section background-url="https://a/b.png"></mj-section>\n' + FOOT, "background-url", "Outlook draws it with VML"),
    ('<mj-section mj-class="calm"></mj-section>\n' + FOOT, 'mj-class="calm"', 'no <mj-class name="calm">'),
    ("<mj-raw><BR></mj-raw>\n" + FOOT, "<BR>", "write <BR> in small letters"),
    ("<mj-raw><p>one</mj-raw>\n" + FOOT, "<p>one", "<p> is not closed before </mj-raw>"),
    ("<mj-raw>1 < 2</mj-raw>\n" + FOOT, "1 < 2", "a < that begins no tag"),
    ("<mj-raw><!-- a -- b --></mj-raw>\n" + FOOT, "a -- b", "cannot read a comment with --"),
    ("<mj-raw><![CDATA[x]]></mj-raw>\n" + FOOT, "CDATA", "a < that begins no tag"),
    ('<mj-raw position="file-start"></mj-raw>\n' + FOOT, "file-start", "this MJML ignores it"),
    ('<mj-raw><img alt="caf\N{LATIN SMALL LETTER E WITH ACUTE}"></mj-raw>\n' + FOOT, "<img", "garbles the special characters"),
    ('<mj-include path="a.html" type="html" />\n' + FOOT, "<mj-include", "use {% include %}"),
    (FOOT + "\n<mj-body></mj-body>", "<mjml", "<mjml> has 2 times what it may have once: <mj-body>"),
    (FOOT + "\nwords", "words", "“words” stands directly in <mjml>"),
    ('{% if title %}\n<mj-text id="{{ postal_address }}" />\n{% endif %}\n' + FOOT, "<mj-text id=", "id is not for <mj-text>"),
    ('{% for side in ["top"] %}\n<mj-wrapper width="1"></mj-wrapper>\n{% endfor %}\n' + FOOT, "<mj-wrapper w", "not know width"),
]


@pytest.mark.parametrize(("new", "at", "said"), BROKEN, ids=[said for _, _, said in BROKEN])
def test_a_mistake_in_the_layout_names_its_line(site: Path, new: str, at: str, said: str) -> None:
    file = site / "templates" / LAYOUT
    file.write_text(file.read_text("utf-8").replace(FOOT, new), "utf-8")
    refusal = _refusal(site)
    line = next(line for line in refusal.splitlines() if said in line)
    assert line.strip().startswith(f"templates/{LAYOUT}:{_line_of(file.read_text('utf-8'), at)}: ")


def test_a_mistake_in_an_included_template_names_that_template(site: Path) -> None:
    (site / "templates/email/band.mjml.j2").write_text("{# A band #}\n<mj-section>\n  <mj-image />\n</mj-section>\n", "utf-8")
    file = site / "templates" / LAYOUT
    file.write_text(file.read_text("utf-8").replace(FOOT, '{% include "email/band.mjml.j2" %}\n' + FOOT), "utf-8")
    assert "templates/email/band.mjml.j2:3: <mj-image> cannot stand in <mj-section>" in _refusal(site)


def test_everything_wrong_is_said_at_once_in_the_order_of_its_lines(site: Path) -> None:
    file = site / "templates" / LAYOUT
    text = file.read_text("utf-8").replace("<mj-body width", "<mj-body wdth").replace(FOOT, "<mj-hero></mj-hero>\n" + FOOT)
    file.write_text(text, "utf-8")
    lines = _refusal(site).splitlines()
    assert [line.partition(": ")[2] for line in lines[1:]] == [
        "<mj-body> needs width",
        "<mj-body> does not know wdth; did you mean width?",
        f"<mj-hero> is not for this newsletter: {BANNED['mj-hero']}",
    ]


def test_what_was_held_back_is_shown_as_it_was_written(site: Path) -> None:
    file = site / "templates" / LAYOUT
    file.write_text(file.read_text("utf-8").replace("<mj-body ", '<mj-body css-class="a\\{{ title ~ "!?" }}" '), "utf-8")
    refusal = _refusal(site)
    assert "Mets Matters, December 2026!?" in refusal
    assert "@@MM" not in refusal
    assert "\x02" not in refusal


@pytest.mark.parametrize("name", sorted(BANNED))
def test_a_banned_component_says_why(name: str) -> None:
    said = [mistake.message for mistake in find_mjml_mistakes(SKELETON.format(f"<{name}></{name}>"))]
    assert said == [f"<{name}> is not for this newsletter: {BANNED[name]}"]


@pytest.mark.parametrize(
    "content",
    [
        '<mj-text align="center" font-size="17px" color="#123456">A &amp; b<br>c &mdash; <em>d</em> {{ e }}</mj-text>',
        '<mj-image src="https://example.org/a.png" alt="" width="120px" />',
        '<mj-image src="@@MMHELD3@@" alt="@@MMHELD4@@" href="https://example.org" />',
        '<mj-button href="https://example.org?a=b" inner-padding="12px 20px">Go</mj-button>',
        '<mj-divider border-color="#e4d9cf" border-width="1px" /><mj-spacer height="20px" />',
        "<mj-raw><!--[if mso]><style>td{color:red}</style><br><img alt='' /><![endif]--><!-- a --></mj-raw>",
        "<mj-raw><table><tr><td nowrap>x</td></tr></table></mj-raw>",
    ],
)
def test_what_the_subset_allows_is_not_complained_of(content: str) -> None:
    assert find_mjml_mistakes(SKELETON.format(content)) == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<mj-text>x</mj-button>", "</mj-button> stands where </mj-text> has to stand"),
        ("</mj-text>", "</mj-text> closes nothing that is open"),
        ("<mj-column></mj-column>", "<mj-column> cannot stand in <mj-column>"),
        ("<mj-image alt='' />", "<mj-image> needs src"),
        ('<mj-image src="https://a.example/b.png" />', '<mj-image> needs alt (alt="" where it says nothing)'),
        ('<mj-image src="b.png" alt="" />', "src=“b.png” is not an address that begins with https://"),
        ('<mj-image src="@@MMHELD1@@" alt="" sizes="50vw" />', "this MJML drops it; a mail needs one picture of one width"),
        ("<mj-button>Go</mj-button>", "<mj-button> needs href"),
        ('<mj-button href="javascript:go()">Go</mj-button>', "href=“javascript:go()” is not an address"),
        ('<mj-text font-size="12px">x</mj-text>', "font-size=“12px” is not 16px or more"),
        ('<mj-text color="@@MMHELD1@@">x</mj-text>', "is not # and six hex digits"),
        ("<mj-text><mj-button></mj-button></mj-text>", "<mj-button> cannot stand in <mj-text>, which holds HTML"),
        ("<mj-text>a <b>c</mj-text>", "<b> is not closed before </mj-text>"),
        ('<mj-text style="color:red">x</mj-text>', "MJML's own components have attributes instead"),
        ('<mj-spacer height="2em" />', "height=“2em” is not pixels, such as 24px"),
        ('<mj-text frobnicate="1">x</mj-text>', "<mj-text> does not know frobnicate; it knows align, color"),
        ("<mj-text", "the tag <mj-text … is not whole"),
        ("<mj-raw></p <p></mj-raw>", "the tag </p … is not whole"),
        ("<mj-raw><br <p></p></mj-raw>", "the tag <br … is not whole"),
        ("<mj-raw><!--[if mso]><table><tr><![endif]--></mj-raw>", "does not close what it opens"),
        ("<mj-raw><!--[if mso]></td></tr><![endif]--></mj-raw>", "does not close what it opens"),
    ],
)
def test_each_mistake_is_told_in_words(content: str, said: str) -> None:
    assert any(said in mistake.message for mistake in find_mjml_mistakes(SKELETON.format(content)))


@pytest.mark.parametrize(
    ("skeleton", "said"),
    [
        ("", ["there has to be one <mjml>, not none"]),
        ("<mj-body></mj-body>", ["<mj-body> stands outside <mjml>", "<mj-body> needs width", "one <mjml>, not none"]),
        ("words", ["“words” stands outside <mjml>", "one <mjml>, not none"]),
        ("</mjml>", ["</mjml> closes nothing that is open", "one <mjml>, not none"]),
        (SKELETON.replace("<mj-title>A", "<mj-title>A\N{NO-BREAK SPACE}b"), ["MJML garbles the special characters"]),
        (SKELETON.replace("<mj-title>A", "<mj-title><b>A</b>"), ["<b> cannot stand in <mj-title>, which holds text only"]),
        (SKELETON.replace("<mj-preview>B</mj-preview>", ""), ["<mj-head> lacks <mj-preview>"]),
        (SKELETON.replace("</mj-body></mjml>", ""), ["<mjml> is never closed", "<mj-body> is never closed"]),
        (SKELETON.replace(' lang="en"', ""), ["<mjml> needs lang"]),
        (SKELETON.replace("</mj-head>", '<mj-style inline="inline"></mj-style></mj-head>'), ["does not inline styles"]),
        (
            SKELETON.replace(
                "</mj-head>",
                '<mj-attributes><mj-image padding="0" /><mj-class padding="0" /><mj-body /></mj-attributes></mj-head>',
            ),
            ["<mj-class> needs name", "<mj-body> cannot stand in <mj-attributes>"],
        ),
    ],
)
def test_a_mail_needs_its_frame(skeleton: str, said: list[str]) -> None:
    found = " | ".join(mistake.message for mistake in find_mjml_mistakes(skeleton.replace("{}", "")))
    for words in said:
        assert words in found
    assert len(found.split(" | ")) <= len(said) + 2


def test_tags_nested_so_deeply_that_mjml_would_kill_the_process_are_refused() -> None:
    deep = SKELETON.format("<mj-text>" + "<div>" * 20_000 + "</div>" * 20_000 + "</mj-text>")
    assert [mistake.message for mistake in find_mjml_mistakes(deep)] == [
        "this tag stands inside of 60 others; no mail needs so many"
    ]


def test_a_class_of_attributes_may_be_used_where_it_is_named() -> None:
    named = SKELETON.replace("</mj-head>", '<mj-attributes><mj-class name="calm" padding="0" /></mj-attributes></mj-head>')
    assert find_mjml_mistakes(named.format('<mj-text mj-class="calm">x</mj-text>')) == ()


def test_every_component_of_the_subset_may_stand_somewhere() -> None:
    children = {child for component in COMPONENTS.values() for child in component.children}
    assert set(COMPONENTS) - {"mjml"} == children
    assert children.isdisjoint(BANNED)
