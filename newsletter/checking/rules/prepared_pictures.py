"""What was changed in pictures on their way to readers, where an editor would want to know."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.authoring.issue import Block, Image, Original
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Severity


@rule("picture-location", Severity.NOTICE, Group.PRIVACY)
def no_picture_says_where_it_was_taken(draft: Draft) -> Iterator[Remark]:
    """Know when a photograph says where it was taken: readers get it without, the file in the issue's folder still says it.

    It may be somebody's home. Whoever gets the folder, or the repository it lies in, can read the place.

    Mend: Save the picture without its location, if anybody but you sees the folder; phones offer that when they share a picture.
    """
    for block, image, original in _prepared(draft):
        if original.located:
            yield Remark(
                f"{image.path} tells where it was taken: not to readers, but to whoever has the file",
                block.place,
                "Save it without its location.",
            )


@rule("picture-stands-still", Severity.WARNING, Group.ACCESSIBILITY)
def no_picture_moves(draft: Draft) -> Iterator[Remark]:
    """Show pictures that stand still: of one that moves, readers get the first frame.

    What moves cannot be stopped in a mail: it takes the eyes off the text, and flashes can bring on a seizure (WCAG 2.2.2 and
    2.3.1).

    Mend: Choose the frame that says most and save it as a picture, or link to a page with the film.
    """
    for block, image, original in _prepared(draft):
        if original.frames > 1:
            yield Remark(
                f"{image.path} moves; readers get the first of its {original.frames} frames",
                block.place,
                "Save the frame that says most as a picture.",
            )


def _prepared(draft: Draft) -> Iterator[tuple[Block, Image, Original]]:
    for block in draft.issue.blocks:
        for value in block.fields.values():
            if isinstance(value, Image) and value.original:
                yield block, value, value.original
