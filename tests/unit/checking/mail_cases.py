"""Cases for the rules over the finished HTML: each breaks a good mail in one place, as a template's mistake would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from markdown_it import MarkdownIt

from newsletter.authoring.issue import Image
from newsletter.checking.report import Draft
from newsletter.rendering.edition import Asset, Variant
from tests.unit.checking.cases import Cases
from tests.unit.checking.drafts import HTML, TEXT, WEB, block, good_draft, with_edition, written


def mail(old: str, new: str) -> Draft:
    """Give the good draft with other HTML; what is replaced has to be there."""
    assert old in HTML
    return with_edition(html=HTML.replace(old, new, 1))


def styled(rules: str) -> Draft:
    """Give the good draft with more in its style element."""
    return mail("#outlook a{padding:0}", rules)


def body(markup: str) -> Draft:
    """Give the good draft with more in its letter."""
    return mail("<p>Read", f"{markup}<p>Read")


def shown_picture(name: str, *, alt: str = "A cell", data: bytes = b"", count: int = 1) -> Draft:
    """Give a draft that shows a picture of the issue, published with these bytes."""
    image = Image(f"images/{name}", data, "image/png", 2, 1)
    draft = written("Text.", block("figure", {"image": image, "alt": alt}))
    address = f'<img src="https://n.example.org/assets/{name}" alt="{alt}" width="2" height="1">'
    assets = tuple(Asset(name if number == 0 else f"{number}{name}", "image/png", data) for number in range(count))
    return replace(draft, edition=replace(draft.edition, html=HTML.replace("<p>Read", f"{address}<p>Read"), assets=assets))


def narrower(html: str) -> Draft:
    """Give the good draft with a variant for readers who did not choose the topic trials."""
    return with_edition(topics=("trials",), narrower=(Variant((), html, TEXT),))


TABLE_IN_A_BLOCK = replace(
    block("callout"), body=tuple(MarkdownIt("commonmark").enable("table").parse("|a| |b|\n|-|-|-|\n|c|d|e|"))
)

CASES: Mapping[str, Cases] = {
    "language-undeclared": Cases(
        fails=[
            mail('<html lang="en"', "<html"),
            mail('<html lang="en"', '<html lang="fr"'),
            mail('<div lang="en" dir="ltr" class="letter"', '<div class="letter"'),
            mail('<div lang="en" dir="ltr" style="display:none"', '<div lang="en" style="display:none"'),
            with_edition(web=WEB.replace(' lang="en"', "")),
        ],
        passes=[good_draft(), body("<div>inside</div>")],
    ),
    "page-title-missing": Cases(
        fails=[mail("<title>Mets Matters</title>", ""), with_edition(web=WEB.replace("<title>Mets Matters", "<title> "))],
        passes=[good_draft()],
    ),
    "anchor-missing": Cases(
        fails=[
            mail(' id="tests"', ""),
            narrower(HTML.replace(' id="tests"', "")),
            with_edition(web=WEB.replace("<h1>", '<a href="#gone">x</a><h1>')),
        ],
        passes=[good_draft(), narrower(HTML)],
    ),
    "text-part-differs": Cases(
        fails=[
            body("<p>Alpelisib</p>"),
            with_edition(text=TEXT + "Alpelisib"),
            body('<img alt="A receptor in violet">'),
            with_edition(text=TEXT.replace("Biopsy", "")),
        ],
        passes=[
            body("<p>tests, BIOPSY!</p>"),
            body('<p style="display: none">Alpelisib <b>inside</b></p>'),
            with_edition(text=TEXT + "\n7. Biopsy\n[Event, online] *Tests*"),
            body("<p>https://example.org/guide @@MM:address:@@</p>"),
            replace(written("Call [us](tel:8442757427)."), edition=replace(good_draft().edition, text=TEXT + "8442757427")),
        ],
    ),
    "layout-table-announced": Cases(
        fails=[
            mail('<table role="presentation"><tr><td>This', "<table><tr><td>This"),
            mail("<table><tr><th", '<table role="none"><tr><th'),
        ],
        passes=[good_draft(), body('<table role="none"><tr><td>x<table><tr><th scope="row">y</table></table>')],
    ),
    "table-header-scope": Cases(
        fails=[mail(' scope="col"', ""), with_edition(web=WEB.replace("<h1>", '<table><tr><th scope="all">x</table><h1>'))],
        passes=[good_draft(), mail('scope="col"', 'scope="row"')],
    ),
    "table-header-empty": Cases(
        fails=[
            written("| Test | |\n|---|---|\n| Biopsy | a day |"),
            written("x", TABLE_IN_A_BLOCK),
        ],
        passes=[written("| | Days |\n|---|---|\n| Biopsy | |"), written("| a | b |\n|-|-|\n\n|c|d|\n|-|-|\n")],
    ),
    "contrast-too-low": Cases(
        fails=[
            mail("color:#222222", "color:#bbbbbb"),
            body('<p style="background:#333333 none">Dark on dark</p>'),
            body('<p style="background-color:#00f"><a href="#tests">blue on blue</a></p>'),
            styled("@media (prefers-color-scheme: dark) { .letter { background-color: #222222 !important } }"),
            styled("@media (max-width: 480px) { .letter { color: #cccccc !important } }"),
            styled(".letter { color: rgb(200, 200, 200) !important }"),
            body('<table role="presentation" bgcolor="#222222"><tr><td>x</td></tr></table>'),
        ],
        passes=[
            good_draft(),
            body('<p style="color:#bbbbbb;display:none">hidden</p>'),
            body('<p style="color:#ffffff;background-color:#222222">light on dark <b style="color:inherit">too</b></p>'),
            styled("@media print { .letter { color: #cccccc !important } }"),
            styled(".letter { color: #cccccc }"),
        ],
    ),
    "text-too-small": Cases(
        fails=[
            body('<p style="font-size:15px">small</p>'),
            body("<small>small</small>"),
            body('<p style="font: italic 12px/1.4 Arial">x</p>'),
            body('<p style="font-size:80%">x</p>'),
            styled("@media (max-width: 480px) { .letter { font-size: 14px !important } }"),
        ],
        passes=[
            good_draft(),
            body('<div style="font-size:0"><p style="font-size:16px">x</p></div>'),
            body('<p style="font-size:12pt">x <b style="font-size:1em">y</b></p>'),
            body('<p style="font-size:larger;font-size:inherit">x</p>'),
        ],
    ),
    "reading-order-changed": Cases(
        fails=[
            body('<div style="float:left">x</div>'),
            body('<div style="position: absolute">x</div>'),
            styled(".letter { flex-direction: row-reverse }"),
            styled("@media (max-width: 480px) { p { order: 2 } }"),
        ],
        passes=[good_draft(), body('<div style="float:none;position:static;order:0;flex-flow:row">x</div>')],
    ),
    "style-sheet-too-large": Cases(fails=[styled(".a{color:#222222}" * 1000)], passes=[styled(".a{color:#222222}" * 900)]),
    "at-rule-nested": Cases(
        fails=[styled("@media (max-width: 480px) { @media (prefers-color-scheme: dark) { .a { color: #fff } } }")],
        passes=[styled("@media (max-width: 480px) and (prefers-color-scheme: dark) { .a { color: #ffffff } }")],
    ),
    "css-unsupported": Cases(
        fails=[
            body('<div style="display:flex">x</div>'),
            body('<div style="width:calc(100% - 2px)">x</div>'),
            body('<div style="margin:2vw">x</div>'),
            body('<div style="background:linear-gradient(#000000,#ffffff)">x</div>'),
            body('<div style="color:#ffff">x</div>'),
            styled("p + p { margin: 0 }"),
            styled("a[href] { color: #222222 }"),
            styled("p { gap: 2px }"),
            styled("@supports (display: grid) { p { margin: 0 } }"),
            styled("@media (orientation: portrait) { p { margin: 0 } }"),
        ],
        passes=[
            good_draft(),
            body("<div style=\"font-family:'Segoe UI 2vw', Arial;mso-table-lspace:0pt;margin:0 -2px .5em\">x</div>"),
            styled("@media only screen and (min-width:480px), print { .a > td a:hover, :root { border-radius: 8px } }"),
            body('<div style="/* why */ background:#ffffff none; nonsense">x</div>'),
        ],
    ),
    "html-unsupported": Cases(
        fails=[body("<section>x</section>"), body('<p contenteditable="true">x</p>')],
        passes=[good_draft(), body('<p aria-label="x" class="y">x</p><script></script>')],
    ),
    "active-content": Cases(
        fails=[
            body("<script>1</script>"),
            body("<form></form>"),
            body('<p onclick="x()">x</p>'),
            body('<a href=" JavaScript:x()">x</a>'),
            mail("<title>", '<meta http-equiv="Refresh" content="0;url=https://example.org"><title>'),
            with_edition(web=WEB.replace("<h1>", "<iframe></iframe><h1>")),
        ],
        passes=[good_draft(), mail("<title>", '<meta http-equiv="X-UA-Compatible" content="IE=edge"><title>')],
    ),
    "address-incomplete": Cases(
        fails=[body('<img src="images/cells.png" alt="x">'), body('<a href="/issues/">x</a>'), body('<a href="">x</a>')],
        passes=[good_draft(), body('<a id="here">x</a><a href="mailto:editors@example.org">x</a>')],
    ),
    "outlook-unbalanced": Cases(
        fails=[
            body("<!--[if mso]><td><![endif]-->"),
            body("<!--[if !mso]><!--></td><!--<![endif]-->"),
            body("</div></div></div></div>"),
            narrower(HTML.replace("</div>", "", 1)),
        ],
        passes=[good_draft(), body("<!-- </td> --><!--[if !mso]><!--><div></div><!--<![endif]-->")],
    ),
    "foreign-resource": Cases(
        fails=[
            body('<img src="https://elsewhere.example/a.png" alt="x">'),
            body('<td background="//elsewhere.example/a.png">'),
            body("<p style=\"background:url('https://elsewhere.example/a.png')\">"),
            body('<!--[if mso]><v:fill src="https://elsewhere.example/a.png"><![endif]-->'),
            styled("@import 'https://fonts.example/a.css';"),
            mail("<title>", '<link rel="stylesheet" href="https://fonts.example/a.css"><title>'),
            with_edition(web=WEB.replace("<h1>", '<img srcset="https://elsewhere.example/a.png 2x" alt="x"><h1>')),
            replace(good_draft(), base_url=""),
        ],
        passes=[
            good_draft(),
            replace(with_edition(assets=tuple(Asset(name, "image/png", b"") for name in ("0123.png", "line.png"))), base_url=""),
            body('<a href="https://elsewhere.example">x</a>'),
            body('<img src="images/a.png"><img src="data:image/png;base64,AAAA">'),
        ],
    ),
    "tracking-pixel": Cases(
        fails=[
            body('<img src="https://n.example.org/a.png" alt="" width="1" height="1">'),
            body('<img src="https://n.example.org/a.png" alt="" width="200" height="200" style="display:none">'),
            body('<img src="https://n.example.org/a.png" alt="" style="max-height:2px">'),
            body('<img src="https://n.example.org/a.png" alt="" hidden>'),
        ],
        passes=[
            good_draft(),
            body('<img src="https://n.example.org/a.png" alt="x" width="100%" style="height:auto;width:40px">'),
        ],
    ),
    "page-address-not-https": Cases(
        fails=[body('<a href="http://example.org">x</a>'), body('<a href="HTTP://[broken">x</a>')],
        passes=[
            body('<a href="http://127.0.0.1:8000/x">x</a><a href="http://letter.localhost/x">x</a>'),
            replace(written("[x](http://example.org)"), edition=body('<a href="http://example.org">x</a>').edition),
        ],
    ),
    "picture-heavy": Cases(
        fails=[shown_picture("a.png", data=b"x" * 200_001)], passes=[shown_picture("a.png", data=b"x" * 200_000)]
    ),
    "pictures-heavy-together": Cases(
        fails=[shown_picture("a.png", data=b"x" * 200_000, count=6)],
        passes=[shown_picture("a.png", data=b"x" * 200_000, count=5)],
    ),
    "image-without-size": Cases(
        fails=[body('<img src="https://n.example.org/a.png" alt="x" width="100%" height="2">'), body('<img alt="x" width="2">')],
        passes=[good_draft()],
    ),
    "picture-of-text": Cases(
        fails=[shown_picture("Flyer-January.png"), shown_picture("a.png", alt="x" * 301)],
        passes=[shown_picture("cells.png", alt="x" * 300), written("x", block("callout", {"alt": "flyer.png"}))],
    ),
}
