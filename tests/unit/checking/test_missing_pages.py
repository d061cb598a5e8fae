from __future__ import annotations

import pytest

from newsletter.checking.missing_pages import asks_for_a_person, looks_missing

PAGE = "https://example.org/programs/guide"


def seems_missing(title: str = "", heading: str = "", *, asked: str = PAGE, led_to: str = PAGE) -> bool:
    return bool(looks_missing(title, heading, asked=asked, led_to=led_to))


@pytest.mark.parametrize(
    "words",
    [
        "Page Not Found | National Cancer Institute",
        "Page not found \N{EN DASH} SHARE Cancer Support",
        "404 Not Found",
        "Error 404 (Not Found)!!1",
        "404",
        "404 | Example",
        "Not Found - Example Foundation",
        "Sorry, we can't find that page",
        "We couldn\N{RIGHT SINGLE QUOTATION MARK}t find the page you were looking for",
        "The page you requested does not exist",
        "This page doesn't exist",
        "This page is no longer available",
        "The requested URL was not found on this server",
        "Página no encontrada | Instituto Nacional del Cáncer",
        "No se encontró la página",
        "La página que busca no existe",
        "Error 404: página no encontrada",
        "Lo sentimos, no encontramos esa página",
        "No encontrado",
        "Buy this domain",
        "example.org: this domain is for sale",
    ],
)
def test_a_page_that_says_it_is_none_seems_missing(words: str) -> None:
    assert seems_missing(words)
    assert seems_missing("A title", words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Breast cancer: a guide",
        "BRCA mutation not found in four of five families",
        "What to do when a lump is not found",
        "Not Found in Translation: stories",
        "Trial 404: a study of something",
        "Phase 2 study NCT04041234",
        "Homepage of those who found us",
        "Página principal",
        "Tratamientos que ya no existen",
        "Find a page in our library",
        "Site for sale signs and stories of moving house",
    ],
)
def test_a_page_with_words_of_its_own_does_not(words: str) -> None:
    assert not seems_missing(words)


@pytest.mark.parametrize(
    "led_to",
    [
        "https://example.org/",
        "https://example.org",
        "https://www.example.org/",
        "https://example.org/en/",
        "https://example.org/index.html",
    ],
)
def test_a_page_that_leads_to_the_front_page_of_its_site_seems_missing(led_to: str) -> None:
    assert seems_missing("Example Foundation", led_to=led_to)


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("https://example.org/", "https://www.example.org/"),
        ("https://example.org/", "https://example.org/en/"),
        ("https://example.org/es/", "https://example.org/"),
        ("https://example.org/guide", "https://example.org/programs/guide"),
        ("https://example.org/guide", "https://example.org/?page=guide"),
        ("https://go.example/abc", "https://example.org/"),
        ("https://example.org/guide", "https://[broken/"),
    ],
)
def test_a_front_page_that_was_asked_for_or_another_site_s_does_not(asked: str, led_to: str) -> None:
    assert not seems_missing("Example Foundation", asked=asked, led_to=led_to)


@pytest.mark.parametrize("title", ["Just a moment...", "Attention Required! | Cloudflare", "Access Denied", "Un momento…"])
def test_a_page_that_wants_to_see_a_person_is_known(title: str) -> None:
    assert asks_for_a_person(title)


@pytest.mark.parametrize("title", ["A guide", "Access to care", "Robots in surgery"])
def test_other_pages_are_not(title: str) -> None:
    assert not asks_for_a_person(title)
