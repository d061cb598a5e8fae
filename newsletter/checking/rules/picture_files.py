"""The pictures of the mail as files: how heavy they are, how large they are shown, and whether they are pictures of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from newsletter.authoring.issue import Block, Image
from newsletter.checking.report import MAIL_LAYOUT, Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Place, Severity

MOST_PICTURE_BYTES = 200_000
MOST_BYTES_TOGETHER = 1_000_000
LONGEST_ALT = 300

_PICTURE_OF_TEXT = re.compile(
    r"flyer|poster|screenshot|screen[ _-]shot|infogra|banner|brochure|leaflet|cartel|folleto|captura|volante", re.IGNORECASE
)


@rule("picture-heavy", Severity.WARNING, Group.MAIL_CLIENTS)
def pictures_are_light(draft: Draft) -> Iterator[Remark]:
    """Keep each picture under 200 kB as it is published.

    On a slow line, or one that is paid by the megabyte, a heavy picture comes late or never.

    Mend: Cut away what nobody needs to see, save photographs as JPEG, and drawings as PNG with few colors.
    """
    for asset in draft.edition.assets:
        if asset.media_type.startswith("image/") and len(asset.data) > MOST_PICTURE_BYTES:
            yield Remark(
                f"the picture weighs {len(asset.data) // 1000} kB, more than {MOST_PICTURE_BYTES // 1000}",
                _place_of_picture(draft, asset.name),
                "Cut it, or save it as a JPEG of lower quality.",
            )


@rule("pictures-heavy-together", Severity.WARNING, Group.MAIL_CLIENTS)
def all_pictures_together_are_light(draft: Draft) -> Iterator[Remark]:
    """Keep all pictures of an issue together under 1 MB.

    It is what a phone fetches when the mail is opened.

    Mend: Leave out the picture that says least, or show it on a page that the issue links to.
    """
    weight = sum(len(asset.data) for asset in draft.edition.assets if asset.media_type.startswith("image/"))
    if weight > MOST_BYTES_TOGETHER:
        yield Remark(
            f"the pictures weigh {weight / 1e6:.1f} MB together, more than {MOST_BYTES_TOGETHER / 1e6:.0f}",
            draft.file,
            "Leave out the picture that says least.",
        )


@rule("image-without-size", Severity.WARNING, Group.MAIL_CLIENTS)
def every_image_says_its_size(draft: Draft) -> Iterator[Remark]:
    """Give every image of the mail its width and height as attributes, in pixels.

    Outlook draws it as large as the file otherwise, and elsewhere the text jumps under the reader's thumb when it arrives.

    Mend: Write both into the template that shows it; `block.image` knows them.

    Right:
        <img … width="{{ block.image.width }}" height="{{ block.image.height }}">
    """
    for image in draft.mail_facts.named("img"):
        missing = [name for name in ("width", "height") if not image.attributes.get(name, "").isdigit()]
        if missing:
            yield Remark(
                f"{image.start_tag} does not say its {' and '.join(missing)}",
                MAIL_LAYOUT,
                "Write both into the template, in pixels.",
            )


@rule("picture-of-text", Severity.NOTICE, Group.ACCESSIBILITY)
def pictures_hold_no_text(draft: Draft) -> Iterator[Remark]:
    """Write text as text, not into a picture (WCAG 1.4.5).

    A picture of a flyer cannot be made larger, read aloud, translated or seen where pictures are blocked. It is advice: only a
    person can see whether there is text in a picture. A file called flyer or poster, or an alternative text of more than 300
    characters, makes it likely.

    Mend: Write what the flyer says as a section, or as an `event` block, and leave the picture out or let it be only a picture.

    Wrong:
        ::: figure images/flyer.png alt="Join us on Thursday, January 14, at 2 pm …"

    Right:
        ## Join us on January 14
    """
    for block, image in _figures(draft):
        alt = str(block.fields.get("alt", ""))
        file = PurePosixPath(image.path).name
        if _PICTURE_OF_TEXT.search(file):
            yield Remark(f"{file} looks like a picture of text", block.place, "Write what it says as text.")
        elif len(alt) > LONGEST_ALT:
            yield Remark(
                f"the alternative text of {file} has {len(alt)} characters: there seems to be text in the picture",
                block.place,
                "Write that text into the issue, and say in a sentence what the picture shows.",
            )


def _figures(draft: Draft) -> Iterator[tuple[Block, Image]]:
    for block in draft.issue.blocks:
        for value in block.fields.values():
            if isinstance(value, Image):
                yield block, value


def _place_of_picture(draft: Draft, name: str) -> Place:
    """Find the figure that shows a published picture: by its alternative text, which is all that both have in common."""
    alts = {
        image.attributes.get("alt") for image in draft.mail_facts.named("img") if image.attributes.get("src", "").endswith(name)
    }
    return next((block.place for block, _ in _figures(draft) if block.fields.get("alt") in alts), draft.file)
