"""Pictures that lie beside an issue file."""

from __future__ import annotations

import io
from pathlib import Path, PurePosixPath

from PIL import Image as Pillow

from newsletter.authoring.complaints import Mistake, did_you_mean, quoted
from newsletter.authoring.issue import Image

LARGEST_PICTURE = 5_000_000
"""Bytes of one picture."""

LARGEST_SIDE = 10_000
"""Pixels of one side."""

_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif"}
_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif")
_EXIF_ORIENTATION = 0x0112
_EXIF_LOCATION = 0x8825
_SAVE_AGAIN = "Save the picture again as PNG or JPEG."


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
    try:
        with Pillow.open(io.BytesIO(data), formats=tuple(_MEDIA_TYPES)) as picture:
            media_type = _MEDIA_TYPES[picture.format or ""]
            width, height = picture.size
            if max(width, height) > LARGEST_SIDE:
                return _too_many_pixels(path)
            # getexif() would decode the whole picture to look for metadata behind it.
            exif = Pillow.Exif()
            exif.load(picture.info.get("exif", b""))
            picture.verify()
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        return _too_many_pixels(path)
    except (OSError, SyntaxError, ValueError, KeyError):
        # Pillow raises SyntaxError and ValueError for broken chunks, and OSError for everything that is no picture.
        return Mistake("picture-unreadable", f"{quoted(path)} is not a PNG, JPEG or GIF picture", _SAVE_AGAIN)
    if _EXIF_LOCATION in exif:
        message = f"the picture {quoted(path)} says in its metadata where it was taken"
        return Mistake("picture-location", message, "Save it without location data.")
    if exif.get(_EXIF_ORIENTATION, 1) != 1:
        message = f"the picture {quoted(path)} is turned by its metadata, which some mail programs ignore"
        return Mistake("picture-turned", message, "Rotate it in a picture editor and save it.")
    return Image(path, data, media_type, width, height)


def _too_many_pixels(path: str) -> Mistake:
    message = f"the picture {quoted(path)} has too many pixels"
    return Mistake("picture-too-large", message, f"Make it smaller: {LARGEST_SIDE:,} pixels a side at most, 1,200 are plenty.")
