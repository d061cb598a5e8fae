"""Pictures that lie beside an issue file."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from newsletter.authoring.complaints import Mistake, did_you_mean, quoted
from newsletter.authoring.issue import Image
from newsletter.authoring.picture_headers import WIDEST, name_other_format, read_header

LARGEST_PICTURE = 25_000_000
"""Bytes of a file: more than the camera of a phone writes."""

MOST_PIXELS = 50_000_000
"""Decoded, each takes three or four bytes of memory. The cameras of phones have 12 to 48 million."""

LONGEST_SIDE = 20_000

LIGHT = 100_000
"""Bytes of a picture that goes to readers as it is, if it is not too wide and there is nothing else in the file."""

_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif")
_KEPT = 32
_prepared: dict[str, Image | None] = {}
"""Pictures by the digest of their files: an editor who saves an issue ten times waits once for each."""


def read_picture(folder: Path, path: str) -> Image | Mistake:
    """Read a picture of an issue folder, its size and format."""
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or "\\" in path or "\0" in path or ":" in path:
        message = f"the picture {quoted(path)} does not lie in the issue's folder"
        forward = path.replace("\\", "/")
        inside = "\\" in path and not isinstance(read_picture(folder, forward), Mistake)
        fix = f"Write {forward}" if inside else "Copy it beside issue.md and write only its name."
        return Mistake("picture-outside", message, fix)
    file = folder / relative
    try:
        if not file.resolve().is_relative_to(folder.resolve()):
            message = f"{quoted(path)} is a link to a file outside the issue's folder"
            return Mistake("picture-outside", message, "Copy the picture itself.")
        if file.stat().st_size > LARGEST_PICTURE:
            message = f"the picture {quoted(path)} has {file.stat().st_size:,} bytes"
            return Mistake("picture-too-large", message, f"Make it smaller: {LARGEST_PICTURE:,} bytes at most.")
        data = file.read_bytes()
    except OSError:
        return Mistake("picture-missing", f"there is no picture {quoted(path)} beside the issue", _suggest(folder, path))
    return _inspect(path, data)


def _suggest(folder: Path, path: str) -> str:
    pictures = sorted(
        file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file()
    )
    return did_you_mean(path, pictures) if pictures else "Copy it into the issue's folder."


def _inspect(path: str, data: bytes) -> Image | Mistake:
    header = read_header(data)
    if header is None:
        other = name_other_format(data)
        if other:
            message = f"{quoted(path)} is {other}, which many mail programs do not show"
            return Mistake("picture-unreadable", message, "Save it as JPEG, or a drawing as PNG.")
        return _unreadable(path)
    if header.width * header.height > MOST_PIXELS or max(header.width, header.height) > LONGEST_SIDE:
        message = f"the picture {quoted(path)} has {header.width:,} by {header.height:,} pixels"
        return Mistake("picture-too-large", message, "Make it smaller: 1,200 pixels a side are plenty.")
    as_it_is = Image(path, data, header.media_type, header.width, header.height)
    if header.clean and header.width <= WIDEST and len(data) <= LIGHT:
        return as_it_is
    prepared = _prepare(path, data)
    if prepared is None:
        return _unreadable(path)
    return as_it_is if header.clean and header.width <= WIDEST and len(data) <= len(prepared.data) else prepared


def _prepare(path: str, data: bytes) -> Image | None:
    # Pillow and its colours take 30 ms to load, and most pictures are fit for a mail already.
    from newsletter.authoring.picture_preparation import prepare_picture  # noqa: PLC0415

    digest = hashlib.sha256(data).hexdigest() + path
    if digest not in _prepared:
        if len(_prepared) >= _KEPT:
            _prepared.clear()
        _prepared[digest] = prepare_picture(path, data)
    return _prepared[digest]


def _unreadable(path: str) -> Mistake:
    message = f"{quoted(path)} is not a PNG, JPEG or GIF picture that can be read"
    return Mistake("picture-unreadable", message, "Save the picture again as PNG or JPEG.")
