"""What the page of the preview is given, and what nobody is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.preview.answering import FRAME_POLICY, PAGE_FILES, PAGE_POLICY, answer, describe
from newsletter.preview.showing import PreviewView
from newsletter.preview.state import Preview
from tests.unit.preview.conftest import TODAY


@pytest.mark.parametrize("path", PAGE_FILES)
def test_the_page_consists_of_files_of_the_program(preview: Preview, path: str) -> None:
    given = answer(preview, path)
    assert (given.status, given.policy) == (200, PAGE_POLICY)
    assert given.body


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("view", list(PreviewView))
def test_every_view_is_shown_in_every_language_without_scripts(preview: Preview, language: str, view: PreviewView) -> None:
    given = answer(preview, f"/shown/{language}/{view}?digest=1")
    assert (given.status, given.policy) == (200, FRAME_POLICY)
    assert f'lang="{language}"'.encode() in given.body
    assert "script-src" not in FRAME_POLICY
    assert "sandbox allow-same-origin" in FRAME_POLICY


def test_pictures_are_those_of_the_issue(preview: Preview) -> None:
    assert preview.state.shown is not None
    asset = preview.state.shown.editions[0].assets[0]
    given = answer(preview, f"/assets/{asset.name}")
    assert (given.media_type, given.body) == (asset.media_type, asset.data)


def test_weights_are_told(preview: Preview) -> None:
    given = json.loads(answer(preview, "/weights/en?digest=1").body)
    assert given["limit"] == 102_000
    assert given["sections"][0].keys() == {"title", "bytes", "line"}


@pytest.mark.parametrize(
    "path",
    [
        "/newsletter.toml",
        "/../newsletter.toml",
        "/shown/en/nothing",
        "/shown/fr/mail",
        "/shown/en",
        "/weights/fr",
        "/assets/%2e%2e%2f%2e%2e%2fnewsletter.toml",
        "/assets/",
    ],
)
def test_nothing_else_is_given(preview: Preview, path: str) -> None:
    assert answer(preview, path).status == 404


def test_before_anything_could_be_drawn_there_are_findings_only(home: Path, edit: Callable[..., None]) -> None:
    edit("::: helpline", "::: helplne")
    preview = Preview(home, "2026-12", today=lambda: TODAY)
    assert answer(preview, "/shown/en/mail").status == 404
    told = json.loads(describe(preview, preview.state))
    assert told["editions"] == []
    assert told["hindrance"]
    assert told["findings"][0]["place"].startswith("issues/2026-12/issue.md:")
    assert len(told["findings"][0]["why"]) == 2


def test_a_finding_of_a_rule_says_why(preview: Preview, edit: Callable[..., None]) -> None:
    edit("subject: Your", "subject: READ THIS your")
    preview.read_again()
    [finding] = json.loads(describe(preview, preview.state))["findings"]
    assert finding["severity"] == "warning"
    assert finding["fix"]
    assert len(finding["why"]) >= 2


def test_the_state_is_one_line_since_events_end_at_line_feeds(preview: Preview) -> None:
    assert b"\n" not in describe(preview, preview.state)
