"""The state of a preview: it moves on when something is seen to change, and keeps what could be drawn last."""

from __future__ import annotations

import threading
from collections.abc import Callable

from newsletter.preview.state import Preview


def test_a_save_that_changes_nothing_is_no_news(preview: Preview) -> None:
    before = preview.state
    assert not preview.read_again()
    assert preview.state is before


def test_a_change_is_news_with_a_new_version(preview: Preview, edit: Callable[..., None]) -> None:
    before = preview.state
    edit("Take the part you need.", "Take what helps.")
    assert preview.read_again()
    assert preview.state.version == before.version + 1
    assert preview.state.shown is not None
    assert "Take what helps." in preview.state.shown.editions[0].text


def test_the_last_good_state_stays_while_the_files_are_broken(preview: Preview, edit: Callable[..., None]) -> None:
    good = preview.state.shown
    edit("::: helpline", "::: helplne")
    assert preview.read_again()
    assert preview.state.reading.hindrance
    assert preview.state.shown is good
    edit("::: helplne", "::: helpline")
    assert preview.read_again()
    assert not preview.state.reading.hindrance


def test_a_language_that_is_broken_stays_as_it_was_while_the_others_move_on(preview: Preview, edit: Callable[..., None]) -> None:
    spanish = "issues/2026-12/issue.es.md"
    assert preview.state.shown is not None
    before = preview.state.shown.editions[1]
    edit("::: helpline", "::: helplne", file=spanish)
    edit("Take the part you need.", "Take what helps.")
    assert preview.read_again()
    shown = preview.state.shown
    assert [edition.language for edition in shown.editions] == ["en", "es"]
    assert [issue.language for issue in shown.issues] == ["en", "es"]
    assert "Take what helps." in shown.editions[0].text
    assert shown.editions[1] is before


def test_another_limit_is_news(preview: Preview, edit: Callable[..., None]) -> None:
    edit("[feeds]", "[checks]\nmax_html_bytes = 101_000\n\n[feeds]", file="newsletter.toml")
    assert preview.read_again()


def test_who_waits_is_told(preview: Preview, edit: Callable[..., None]) -> None:
    told: list[int] = []

    def wait() -> None:
        state = preview.wait_for_news(1, seconds=30)
        told.append(state.version if state else 0)

    waiting = threading.Thread(target=wait)
    waiting.start()
    edit("Take the part you need.", "Take what helps.")
    preview.read_again()
    waiting.join(30)
    assert told == [2]


def test_who_waits_in_vain_gets_nothing(preview: Preview) -> None:
    assert preview.wait_for_news(1, seconds=0.01) is None


def test_a_closed_preview_lets_everybody_go(preview: Preview) -> None:
    preview.close()
    assert preview.closed
    assert preview.wait_for_news(1, seconds=60) is None


def test_a_template_that_changes_is_read_anew(preview: Preview, edit: Callable[..., None]) -> None:
    edit("{{ words.mail.read_on_web }}", "See it on the web", file="templates/email/opening.html.j2")
    assert preview.read_again()
    assert preview.state.shown is not None
    assert "See it on the web" in preview.state.shown.editions[0].html


def test_a_template_that_is_broken_and_mended_is_read_anew(preview: Preview, edit: Callable[..., None]) -> None:
    for old, new, hindered in (("{{ block", "{{ blok", True), ("{{ blok", "{{ block", False)):
        edit(old, new, file="templates/email/blocks/callout.html.j2")
        assert preview.read_again()
        assert bool(preview.state.reading.hindrance) is hindered
