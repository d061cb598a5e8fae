from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image as Pillow

from newsletter.authoring.complaints import Mistake
from newsletter.authoring.issue import Image
from newsletter.authoring.pictures import LARGEST_PICTURE, read_picture


def picture(name: str) -> bytes:
    """Draw a picture of 4 by 3 pixels."""
    stream = io.BytesIO()
    Pillow.new("RGB", (4, 3)).save(stream, name)
    return stream.getvalue()


def mistake(folder: Path, path: str) -> Mistake:
    found = read_picture(folder, path)
    assert isinstance(found, Mistake)
    return found


@pytest.mark.parametrize(("name", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_a_small_clean_picture_goes_out_as_it_is(tmp_path: Path, name: str, media_type: str) -> None:
    data = picture(name)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.bin").write_bytes(data)
    assert read_picture(tmp_path, "images/a.bin") == Image("images/a.bin", data, media_type, 4, 3)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../a.png", "a/../../b.png", "C:\\a.png", "a\0.png", "https://example.org/a.png"]
)
def test_a_picture_lies_in_the_issues_folder(tmp_path: Path, path: str) -> None:
    assert mistake(tmp_path, path).rule == "picture-outside"


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(picture("PNG"))
    (tmp_path / "issue").mkdir()
    (tmp_path / "issue" / "a.png").symlink_to(tmp_path / "outside.png")
    assert mistake(tmp_path / "issue", "a.png").rule == "picture-outside"


def test_a_path_as_windows_writes_it_is_turned_round(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(picture("PNG"))
    assert mistake(tmp_path, "images\\a.png").fix == "Write images/a.png"
    assert mistake(tmp_path, "..\\a.png").fix == "Copy it beside issue.md and write only its name."


def test_a_missing_picture_gets_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "tests.png").write_bytes(b"")
    found = mistake(tmp_path, "images/test.png")
    assert (found.rule, found.fix) == ("picture-missing", "Did you mean images/tests.png?")


def test_a_missing_picture_in_an_empty_folder_is_to_be_copied(tmp_path: Path) -> None:
    assert mistake(tmp_path, "a.png").fix == "Copy it into the issue's folder."


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    assert mistake(tmp_path, "a.png").rule == "picture-missing"


def test_a_picture_that_is_too_heavy_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as stream:
        stream.truncate(LARGEST_PICTURE + 1)
    assert mistake(tmp_path, "a.png").rule == "picture-too-large"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a letter",
        b"\x89PNG\r\n\x1a\n",
        picture("PNG")[:-20],
        picture("PNG").replace(b"IDAT", b"IDAX"),
        picture("JPEG")[:30],
        b"\xff\xd8\xff\xe0\0\x04ab no marker",
        b"\xff\xd8\xff\xff\xff\xff",
        b"GIF89a",
    ],
)
def test_what_is_no_whole_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.png").write_bytes(data)
    assert mistake(tmp_path, "a.png").rule == "picture-unreadable"


@pytest.mark.parametrize(("width", "height"), [(21_000, 3), (11_000, 11_000), (60_000, 60_000), (4_000_000_000, 1)])
def test_a_picture_with_too_many_pixels_is_refused_by_its_header(tmp_path: Path, width: int, height: int) -> None:
    """A few bytes may claim gigabytes of pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + picture("PNG")[33:])
    found = mistake(tmp_path, "a.png")
    assert found.rule == "picture-too-large"
    assert f"{width:,} by {height:,} pixels" in found.message


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"RIFF\x24\0\0\0WEBPVP8 ", "a WebP picture"),
        (b"\0\0\0\x18ftypheic\0\0", "an iPhone's HEIC picture"),
        (b"\0\0\0\x18ftypavif\0\0", "an AVIF picture"),
        (b"%PDF-1.7", "a PDF"),
        (b"<svg xmlns=", "an SVG drawing"),
        (b"BM\x36\0", "a BMP picture"),
    ],
)
def test_a_picture_that_mail_programs_do_not_show_is_called_by_its_name(tmp_path: Path, data: bytes, name: str) -> None:
    (tmp_path / "a.png").write_bytes(data)
    found = mistake(tmp_path, "a.png")
    assert found.message == f"“a.png” is {name}, which many mail programs do not show"
    assert found.fix == "Save it as JPEG, or a drawing as PNG."
