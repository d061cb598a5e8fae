"""What a picture file says of itself before its first pixel: its size, and whether anything but the picture is in it.

A picture that is small and clean goes to readers as it is, and a check of an issue need not load Pillow for it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG, JPEG, GIF = "image/png", "image/jpeg", "image/gif"

WIDEST = 1_040
"""Pixels: twice the width between the margins of a letter, since the screens of phones have two to three for each."""

_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START = b"\xff\xd8\xff"
_JPEG_END = b"\xff\xd9"
_PNG_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"cHRM", b"pHYs", b"sBIT", b"bKGD"})
"""Those that say how the picture looks. Others hold texts, dates, a colour profile, a place, an animation."""

_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive, which everything can show."""

_JPEG_APPLICATIONS = frozenset({0xE0, 0xEE})
"""JFIF, and Adobe's note on how colours are coded. The others hold camera data, profiles, previews, comments."""

_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (8, b"WEBP", "a WebP picture"),
    (4, b"ftypheic", "an iPhone's HEIC picture"),
    (4, b"ftypheix", "an iPhone's HEIC picture"),
    (4, b"ftypmif1", "an iPhone's HEIC picture"),
    (4, b"ftypavif", "an AVIF picture"),
    (0, b"II*\0", "a TIFF picture"),
    (0, b"MM\0*", "a TIFF picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"%PDF-", "a PDF"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"<?xml", "an SVG drawing"),
)


@dataclass(frozen=True, slots=True)
class Header:
    """The pixels of a picture; ``clean`` if there is nothing else in the file and all mail programs can show it."""

    media_type: str
    width: int
    height: int
    clean: bool


def name_other_format(data: bytes) -> str:
    """Say what a file is that mail programs do not show, "" when nobody knows."""
    return next((name for start, mark, name in _OTHERS if data[start : start + len(mark)] == mark), "")


def read_header(data: bytes) -> Header | None:
    """Read the header of a PNG, JPEG or GIF file, None when it is none or is broken."""
    try:
        if data.startswith(_PNG_START):
            return _read_png(data)
        if data.startswith(_JPEG_START):
            return _read_jpeg(data)
        if data.startswith((b"GIF87a", b"GIF89a")):
            # Its frames and comments are found by decoding it, and as a PNG it is smaller.
            width, height = struct.unpack("<HH", data[6:10])
            return Header(GIF, width, height, clean=False)
    except (struct.error, IndexError, ValueError):
        return None
    return None


def _read_png(data: bytes) -> Header:
    chunks = frozenset(_png_chunks(data))
    width, height, depth = struct.unpack(">IIB", data[16:25])
    return Header(PNG, width, height, clean=b"IDAT" in chunks and chunks <= _PNG_CHUNKS and depth <= 8 and width > 0 < height)


def _png_chunks(data: bytes) -> Iterator[bytes]:
    """Give the names of the chunks up to the last; ValueError where a checksum does not fit."""
    position, kind = len(_PNG_START), b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        end = position + 8 + length
        (checksum,) = struct.unpack(">I", data[end : end + 4])
        if zlib.crc32(data[position + 4 : end]) != checksum:
            raise ValueError("a chunk is broken")
        yield kind
        position = end + 4
    if position != len(data):
        yield b"what stands behind the picture"


def _read_jpeg(data: bytes) -> Header:
    width = height = 0
    clean = data.endswith(_JPEG_END)
    position = 2
    while True:
        if data[position] != 0xFF:
            raise ValueError("a marker is missing")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        (length,) = struct.unpack(">H", data[position + 2 : position + 4])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            clean = clean and marker in _JPEG_FRAMES and data[position + 4] == 8 and data[position + 9] in {1, 3}
        clean = clean and marker != 0xFE and (not 0xE0 <= marker <= 0xEF or marker in _JPEG_APPLICATIONS)
        if marker == 0xDA:
            return Header(JPEG, width, height, clean=clean and bool(width and height))
        position += 2 + length
