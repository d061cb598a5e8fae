"""What a frame shows: the mail filled in, in one scheme, with pictures from here or none."""

from __future__ import annotations

import re

import pytest

from newsletter.preview.showing import PreviewView, draw_view
from newsletter.preview.state import Preview
from newsletter.rendering.edition import Edition

BASE_URL = "http://127.0.0.1:8000"


@pytest.fixture
def edition(preview: Preview) -> Edition:
    assert preview.state.shown is not None
    return preview.state.shown.editions[0]


def shown(edition: Edition, view: PreviewView) -> str:
    return draw_view(edition, edition.variants[0], view, base_url=BASE_URL)


@pytest.mark.parametrize("view", list(PreviewView))
def test_no_frame_shows_a_token(edition: Edition, view: PreviewView) -> None:
    assert "@@MM" not in shown(edition, view)


@pytest.mark.parametrize("view", list(PreviewView))
def test_no_frame_asks_what_the_screen_prefers(edition: Edition, view: PreviewView) -> None:
    assert "prefers-color-scheme" not in shown(edition, view)


def test_the_mail_greets_an_invented_reader(edition: Edition) -> None:
    assert "Hello, Alex" in shown(edition, PreviewView.MAIL)
    assert "Hello, Alex" in shown(edition, PreviewView.TEXT)


def test_dark_rules_hold_in_the_dark_view_alone(edition: Edition) -> None:
    mail, dark = shown(edition, PreviewView.MAIL), shown(edition, PreviewView.DARK)
    assert "@media (max-width: 0)" in mail
    assert "@media (min-width: 0)" in dark
    assert 'name="color-scheme" content="light"' in mail
    assert 'name="color-scheme" content="dark"' in dark


@pytest.mark.parametrize("view", [PreviewView.MAIL, PreviewView.DARK, PreviewView.WEB])
def test_pictures_come_from_the_preview_itself(edition: Edition, view: PreviewView) -> None:
    page = shown(edition, view)
    assert re.findall(r'<img[^>]* src="/assets/[0-9a-f]{16}\.', page)
    assert f"{BASE_URL}/assets/" not in page


def test_without_images_the_alternative_texts_are_all_that_is_left(edition: Edition) -> None:
    images = re.findall(r"<img\b[^>]*>", shown(edition, PreviewView.IMAGES_OFF))
    assert images
    for image in images:
        assert "src" not in image
        assert re.search(r'alt="[^"]', image)


def test_the_text_part_is_escaped(edition: Edition) -> None:
    variant = edition.variants[0]
    page = draw_view(edition, type(variant)((), "", "a <b> & c"), PreviewView.TEXT, base_url=BASE_URL)
    assert "a &lt;b&gt; &amp; c" in page
