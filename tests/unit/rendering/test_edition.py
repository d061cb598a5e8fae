"""The digest of an edition stands for everything a reader gets."""

from dataclasses import replace
from datetime import date

import pytest

from newsletter.rendering.blocks import Medium, draw_block
from newsletter.rendering.edition import Asset, Edition
from newsletter.rendering.pictures import PictureShelf
from newsletter.rendering.text_prose import TextProse
from tests.unit.rendering.drafting import DESIGN, write_issue

EDITION = Edition("2026-12", "en", "en", "T", "S", "P", "<p>", "t", "<w>", (Asset("0123.png", "image/png", b"picture"),))


@pytest.mark.parametrize(
    "change",
    [
        *({field: "x"} for field in ("issue", "language", "written_in", "title", "subject", "preheader", "html", "text", "web")),
        {"assets": ()},
        {"assets": (Asset("0123.png", "image/png", b"another"),)},
        {"assets": (Asset("0124.png", "image/png", b"picture"),)},
        {"assets": (Asset("0123.png", "image/gif", b"picture"),)},
    ],
)
def test_any_change_gives_another_digest(change: dict[str, object]) -> None:
    changed: Edition = replace(EDITION, **change)  # type: ignore[arg-type]  # the names come from the list above
    assert changed.digest != EDITION.digest


def test_a_letter_that_moves_from_one_field_to_the_next_gives_another_digest() -> None:
    assert replace(EDITION, title="TS", subject="").digest != EDITION.digest


def test_a_day_in_a_block_is_written_out() -> None:
    issue = write_issue('## Part\n\n::: callout "Title"\nBody.\n:::\n')
    block = replace(issue.blocks[0], fields={"kind": "note", "title": date(2026, 11, 3)})
    words = DESIGN.words_in("en")
    medium = Medium("text", ".txt.j2", DESIGN.text, TextProse(), PictureShelf(""), {"words": words})
    assert "November 3, 2026" in draw_block(block, issue, words, medium)
