from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from newsletter.checking.cascade import VIEWS, Look, shown_text
from newsletter.checking.colours import colour
from newsletter.checking.page_facts import PageFacts

UNSTYLED, LIGHT, DARK, LIGHT_PHONE, DARK_PHONE = VIEWS


def looks(html: str) -> dict[str, Look]:
    """Give the look of each text by its words and its view."""
    facts = PageFacts(LexborHTMLParser(html))
    return {f"{text.element.words.strip()}, {text.view.name}": text.look for text in shown_text(facts)}


def look(html: str, words: str = "x") -> Look:
    """Give the look of a text where the style sheet counts, on a wide screen in light."""
    facts = PageFacts(LexborHTMLParser(html))
    return {text.element.words.strip(): text.look for text in shown_text(facts, [LIGHT])}[words]


def test_colour_and_size_come_down_the_tree_and_the_ground_shines_through() -> None:
    assert look('<div style="color:#112233;background:#fafafa none;font-size:20px"><p><b>x</b></p></div>') == Look(
        "#112233", "#fafafa", 20
    )


def test_a_style_attribute_beats_a_rule_and_an_important_rule_beats_it() -> None:
    text = '<p class="a" style="color:#111111">x</p>'
    assert look(f"<style>.a{{color:#222222}}</style>{text}").ink == "#111111"
    assert look(f"<style>.a{{color:#222222 !important}}</style>{text}").ink == "#222222"


def test_the_more_exact_rule_wins_and_among_equals_the_later() -> None:
    text = '<div id="i" class="b"><p class="a">x</p></div>'
    assert look(f"<style>.b .a{{color:#111111}} .a{{color:#222222}}</style>{text}").ink == "#111111"
    assert look(f"<style>.a{{color:#111111}} .a{{color:#222222}}</style>{text}").ink == "#222222"
    assert look(f"<style>#i p{{color:#111111}} .b .a{{color:#222222}}</style>{text}").ink == "#111111"
    assert look(f"<style>p.a{{color:#111111}} .a{{color:#222222}}</style>{text}").ink == "#111111"


def test_an_id_tells_two_elements_apart_that_are_else_alike() -> None:
    html = '<style>#one{color:#111111}</style><p>first</p><p id="one">second</p>'
    assert (look(html, "first").ink, look(html, "second").ink) == ("#000000", "#111111")


def test_what_a_browser_does_by_itself_gives_way_to_a_rule() -> None:
    assert look('<a href="#">x</a>').ink == "#0000ee"
    assert look('<style>a{color:#111111}</style><a href="#">x</a>').ink == "#111111"
    assert look("<h1>x</h1>").size == 32
    assert look('<table bgcolor="#eeeeee"><tr><td><font color="#333">x</font></td></tr></table>') == Look("#333333", "#eeeeee")


def test_sizes_are_read_in_each_unit() -> None:
    for size, pixels in {"12pt": 16, "2em": 40, "50%": 10, "1rem": 16, "0": None, "larger": 20}.items():
        html = f'<div style="font-size:20px"><p style="font-size:{size}">x</p></div>'
        assert looks(html).get("x, without its style sheet", Look(size=0)).size == (pixels or 0), size
    assert look('<p style="font:italic 700 18px/1.2 Georgia, serif">x</p>').size == 18


def test_what_is_hidden_is_not_looked_at() -> None:
    for hidden in ('style="display:none"', 'style="visibility:hidden"', "hidden", 'class="gone"'):
        found = looks(f"<style>.gone{{display:none}}</style><div {hidden}><p>x</p></div>")
        assert [words for words in found if words != "x, without its style sheet"] == []
    assert looks("<head><title>x</title></head><body><script>y</script></body>") == {}


def test_what_is_hidden_on_a_wide_screen_is_looked_at_on_a_phone() -> None:
    html = """<style>@media (max-width:480px){.lb{display:inline !important}}</style>
        <p>y <span class="lb" style="display:none">x</span></p>"""
    assert [words for words in looks(html) if words.startswith("x")] == [f"x, {LIGHT_PHONE.name}"]


def test_each_look_is_given_in_the_first_view_that_has_it() -> None:
    html = """<style>p{color:#111111} @media (prefers-color-scheme:dark){p{color:#eeeeee}}</style>
        <style media="(max-width:480px)">p{font-size:20px}</style><p>x</p>"""
    assert looks(html) == {
        f"x, {UNSTYLED.name}": Look(),
        f"x, {LIGHT.name}": Look("#111111"),
        f"x, {DARK.name}": Look("#eeeeee"),
        f"x, {LIGHT_PHONE.name}": Look("#111111", size=20),
        f"x, {DARK_PHONE.name}": Look("#eeeeee", size=20),
    }


def test_a_selector_that_nobody_understands_applies_to_nothing() -> None:
    assert look("<style>p::{color:#111111} p:nope(x){color:#111111}</style><p>x</p>").ink == "#000000"


def test_colours_are_read_in_each_form() -> None:
    assert [colour(form) for form in ("#AbC", "#a1b2c3", "rgb(1, 300,255)", "White", "transparent", "#12345")] == [
        *("#aabbcc", "#a1b2c3", "#01ffff", "#ffffff", None, None)
    ]
    assert look('<p style="color:inherit;background:url(x)">x</p>') == Look()


@settings(deadline=None)
@given(style=st.text(".#a>p:;{}()!%-0123px color background font-size display none @media", max_size=90))
def test_whatever_is_styled_every_text_has_a_look(style: str) -> None:
    for text in shown_text(PageFacts(LexborHTMLParser(f'<style>{style}</style><p class="a" style="{style}">x <a>y</a></p>'))):
        assert text.look.ink.startswith("#")
        assert len(text.look.ground) == 7
        assert text.look.size > 0
