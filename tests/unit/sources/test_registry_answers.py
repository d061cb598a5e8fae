from __future__ import annotations

import pytest

from newsletter.errors import SourceError
from newsletter.sources.fetch import Fetched
from newsletter.sources.trials.answers import may_pass, moved_to, read_object, read_studies, says_absent

BASE = "https://registry.example/api/v2"


def answer(body: str, status: int = 400, media_type: str = "text/plain; charset=UTF-8", **headers: str) -> Fetched:
    return Fetched(f"{BASE}/studies", status, {"content-type": media_type, **headers}, body.encode())


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Parameter `nctId` has incorrect format", "the registry does not take this for an NCT number (400)."),
        (
            "Item 17 in parameter `filter.ids` has incorrect format",
            "the registry does not take one of the numbers for an NCT number (400).",
        ),
        (
            "Parameter 'fields' contains invalid field name: 'Colour'",
            'the registry no longer knows the field "Colour" (400): this program must be brought up to date.',
        ),
        (
            "`bogusParam` is unknown parameter",
            'the registry does not know the parameter "bogusParam" (400): this program must be brought up to date.',
        ),
        (
            "Invalid value in parameter `overallStatus`: `NOT_A_STATUS`",
            'the registry does not know `NOT_A_STATUS` as a value of "overallStatus" (400).',
        ),
        (
            "Error parsing query in Other terms: mismatched input '[' expecting {<EOF>,\n 'AND'}",
            "the registry cannot read the words to search for (Other terms) (400).",
        ),
        ("Something {new}\nin two lines", "the registry refused the question (400): Something {new} in two lines"),
    ],
)
def test_the_registrys_own_sentences_become_ones_for_an_editor(sentence: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_object(answer(sentence))
    assert str(caught.value) == said


def test_a_long_refusal_is_quoted_in_part() -> None:
    with pytest.raises(SourceError) as caught:
        read_object(answer("no " * 10_000))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("sentence", ["`{}` is unknown parameter", "Invalid value in parameter `x`: {}", "{}"])
def test_of_whatever_the_registry_says_only_a_short_plain_piece_is_quoted(sentence: str) -> None:
    with pytest.raises(SourceError) as refused:
        read_object(answer(sentence.format("\x1b[31mred " * 100_000)))
    assert len(str(refused.value)) < 500
    assert str(refused.value).isprintable()
    with pytest.raises(SourceError) as refused:
        read_object(answer("{}", 200, "text/\x1b[31m" + "x" * 5_000))
    assert len(str(refused.value)) < 500
    assert str(refused.value).isprintable()


def test_a_page_of_html_is_never_quoted() -> None:
    with pytest.raises(SourceError, match=r"^the registry answered with status 400\.$"):
        read_object(answer("<script>", media_type="text/html"))


def test_a_search_without_a_list_of_studies_is_none() -> None:
    assert read_studies({"studies": [1]}) == [1]
    pages: list[dict[str, object]] = [{}, {"studies": None}, {"studies": {}}]
    for page in pages:
        with pytest.raises(SourceError, match="no list of studies"):
            read_studies(page)


@pytest.mark.parametrize(
    ("location", "number"),
    [
        ("/api/v2/studies/NCT09990002", "NCT09990002"),
        ("/api/v2/studies/NCT09990002?format=json", "NCT09990002"),
        (f"{BASE}/studies/NCT09990002", "NCT09990002"),
        ("//registry.example/api/v2/studies/NCT09990002", "NCT09990002"),
        ("http://registry.example/api/v2/studies/NCT09990002", ""),
        ("https://registry.example:8443/api/v2/studies/NCT09990002", ""),
        ("https://registry.example@evil.example/api/v2/studies/NCT09990002", ""),
        ("https://evil.example/api/v2/studies/NCT09990002", ""),
        ("/api/v2/studies/NCT00000000", ""),
        ("/api/v2/studies/NCT09990002/../../v1", ""),
        ("/api/v2/studies/nct09990002", ""),
        ("/studies/NCT09990002", ""),
        ("/api/v2/studies/", ""),
        ("", ""),
        ("https://[", ""),
    ],
)
def test_a_trial_moves_only_to_another_number_of_the_same_registry(location: str, number: str) -> None:
    assert moved_to(answer("", 301, location=location), BASE) == number
    assert moved_to(answer("", 302, location=location), BASE) == ""


def test_absent_is_what_the_registry_says_as_text_of_this_number() -> None:
    sentence = "NCT number NCT09990001 not found"
    assert says_absent(answer(sentence, 404), "NCT09990001")
    assert not says_absent(answer(sentence, 404), "NCT09990002")
    assert not says_absent(answer(sentence, 200), "NCT09990001")
    assert not says_absent(answer(sentence, 404, "text/html"), "NCT09990001")
    assert not says_absent(answer(f"{sentence}.", 404), "NCT09990001")


@pytest.mark.parametrize(
    ("given", "passes"),
    [
        (answer("", 429), True),
        (answer("", 500), True),
        (answer("", 599), True),
        (answer("<html>", 200, "text/html"), True),
        (answer('{"studies": [', 200, "application/json"), True),
        (answer('{"studies": []}', 200, "application/json"), False),
        (answer("csv", 200, "text/csv"), False),
        (answer("", 304), False),
        (answer("", 400), False),
        (answer("", 403), False),
        (answer("", 404), False),
    ],
)
def test_only_what_may_be_over_in_a_moment_is_asked_again(given: Fetched, *, passes: bool) -> None:
    assert may_pass(given) is passes
