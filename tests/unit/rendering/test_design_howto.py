"""What a designer is told is what the program does."""

from __future__ import annotations

from pathlib import Path

from newsletter.rendering.mjml_subset import BANNED, COMPONENTS
from tests.unit.rendering.drafting import HOME

HOWTO = (Path(__file__).parents[3] / "docs/howto/design-templates.md").read_text("utf-8")


def test_every_component_and_every_banned_one_is_in_the_howto() -> None:
    assert [name for name in [*COMPONENTS, *BANNED] if f"`{name}`" not in HOWTO] == []


def test_every_file_and_folder_of_the_templates_is_in_the_howto() -> None:
    for entry in sorted((HOME / "templates").iterdir()):
        assert entry.name in HOWTO or entry.name == "starter", entry.name
    for part in sorted((HOME / "templates" / "email").glob("*.html.j2")):
        assert part.name.partition(".")[0] in HOWTO, part.name
