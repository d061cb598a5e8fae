"""Pictures, for those who do not see them: because of their eyes, a slow line or a mail program that blocks images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from newsletter.authoring.issue import Image, Issue
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.written import written_pictures
from newsletter.findings import Place, Severity

_NAME_OF_A_FILE = re.compile(
    r"\.(png|jpe?g|gif|webp|svg|heic)$|^(img|dsc|image|imagen|photo|foto|screenshot|figure|figura)[\W_]*\d*$", re.IGNORECASE
)


@rule("image-without-alt", Severity.ERROR, Group.ACCESSIBILITY)
def every_image_has_alternative_text(draft: Draft) -> Iterator[Remark]:
    """Give every image of the mail and of the web page an alternative text (WCAG 1.1.1).

    Without it a screen reader spells out the image's address. A mere ornament has an empty one and ``role="presentation"``.

    Mend: Write `alt="…"` in the first line of the figure block, in a sentence; in a template, on the image.

    Wrong:
        <img src="…">

    Right:
        <img src="…" alt="A cell with receptors on its surface, drawn as small locks">
    """
    for part, page in (("mail", draft.mail), ("web page", draft.web_page)):
        for image in page.css("img"):
            attributes = image.attributes
            alt = (attributes.get("alt") or "").strip()
            ornament = "alt" in attributes and attributes.get("role") in {"presentation", "none"}
            if not alt and not ornament:
                name = PurePosixPath(attributes.get("src") or "without an address").name
                yield Remark(
                    f"the image {name} of the {part} has no alternative text",
                    draft.file,
                    'Say in a sentence what it shows: alt="…" in the first line of its figure block.',
                )


@rule("alt-is-file-name", Severity.WARNING, Group.ACCESSIBILITY)
def alternative_text_is_no_file_name(draft: Draft) -> Iterator[Remark]:
    """Say in the alternative text what the picture shows.

    A file's name, or "image", says nothing.

    Mend: Say in a sentence what somebody would miss who does not see the picture.

    Wrong:
        ::: figure images/IMG_2041.png alt="IMG_2041"

    Right:
        ::: figure images/IMG_2041.png alt="A cell with receptors on its surface, drawn as small locks"
    """
    for alt, file, place in _alternative_texts(draft.issue):
        if _NAME_OF_A_FILE.search(alt.strip()) or alt.strip() == PurePosixPath(file).stem:
            yield Remark(
                f"the alternative text “{alt}” is the name of a file", place, "Say in a sentence what the picture shows."
            )


def _alternative_texts(issue: Issue) -> Iterator[tuple[str, str, Place]]:
    for block in issue.blocks:
        pictures = [value for value in block.fields.values() if isinstance(value, Image)]
        alt = block.fields.get("alt")
        if pictures and isinstance(alt, str):
            yield alt, pictures[0].path, block.place
    for picture in written_pictures(issue):
        yield picture.alt, picture.file, picture.place
