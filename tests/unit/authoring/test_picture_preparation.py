"""What readers get of the pictures that editors drop in: small, light, upright, and nothing else in them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageCms, ImageDraw

from newsletter.authoring.complaints import Mistake
from newsletter.authoring.issue import Image
from newsletter.authoring.picture_headers import read_header
from newsletter.authoring.pictures import LIGHT, read_picture

GPS, ORIENTATION, ARTIST = 0x8825, 0x0112, 0x013B
SECRET = "Rosa, at home"
RED, BLUE = (200, 30, 40), (30, 40, 200)


@pytest.fixture(scope="module")
def broken_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one folder for all that is broken."""
    return tmp_path_factory.mktemp("broken")


def saved(picture: Pillow.Image, format_: str, **options: Any) -> bytes:
    """Give the bytes of a picture file."""
    stream = io.BytesIO()
    picture.save(stream, format_, **options)
    return stream.getvalue()


def photograph(width: int, height: int) -> Pillow.Image:
    """Give something with many colours, soft as a photograph."""
    noise = Pillow.effect_noise((40, 30), 90).resize((width, height), Pillow.Resampling.BICUBIC)
    slope = Pillow.linear_gradient("L").resize((width, height))
    return Pillow.merge("RGB", (slope, noise, slope.rotate(180)))


def drawing(width: int, height: int, mode: str = "RGB") -> Pillow.Image:
    """Give a drawing: the left half red, the right half blue, with a disc."""
    picture = Pillow.new(mode, (width, height), RED)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width // 2, 0, width, height), fill=BLUE)
    draw.ellipse((width // 4, height // 4, width // 2, height // 2), fill=(250, 240, 230))
    return picture


def read(folder: Path, data: bytes) -> Image:
    """Read a picture that can be read."""
    (folder / "a").write_bytes(data)
    found = read_picture(folder, "a")
    assert isinstance(found, Image)
    return found


def shown(image: Image) -> Pillow.Image:
    """Decode what readers get."""
    return Pillow.open(io.BytesIO(image.data)).convert("RGB")


def near(one: Any, other: tuple[int, int, int]) -> bool:
    """Tell whether two colours look the same."""
    return all(abs(a - b) <= 12 for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (saved(photograph(3000, 2000), "JPEG", quality=95), "image/jpeg"),
        (saved(photograph(2080, 1400), "PNG"), "image/jpeg"),
        (saved(drawing(2400, 1600), "PNG"), "image/png"),
        (saved(drawing(2400, 1600), "GIF"), "image/png"),
    ],
    ids=["photograph", "photograph saved as a drawing", "drawing", "GIF"],
)
def test_a_large_picture_becomes_twice_as_wide_as_it_is_shown_and_light(tmp_path: Path, data: bytes, media_type: str) -> None:
    image = read(tmp_path, data)
    assert (image.width, image.media_type) == (1040, media_type)
    assert shown(image).size == (image.width, image.height)
    assert len(image.data) < LIGHT
    assert image.original
    assert image.original.weight == len(data)
    assert round(image.width / image.height, 1) == 1.5


def test_the_file_of_the_editor_is_not_touched(tmp_path: Path) -> None:
    data = saved(photograph(2000, 1000), "JPEG")
    read(tmp_path, data)
    assert (tmp_path / "a").read_bytes() == data
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    from newsletter.authoring.picture_preparation import prepare_picture  # noqa: PLC0415 - past the pictures that are kept

    data = saved(photograph(1500, 900), "JPEG")
    first, again = prepare_picture("a", data), prepare_picture("a", data)
    assert first
    assert first == again == read(tmp_path, data)


@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_nothing_but_the_picture_is_left(tmp_path: Path, format_: str) -> None:
    exif = Pillow.Exif()
    exif[ARTIST] = SECRET
    exif[GPS] = {1: "N"}
    image = read(tmp_path, saved(photograph(60, 40), format_, exif=exif, comment=SECRET.encode()))
    assert SECRET.encode() not in image.data
    assert b"Exif" not in image.data
    assert b"eXIf" not in image.data
    header = read_header(image.data)
    assert header
    assert header.clean
    assert image.original
    assert image.original.located


def test_a_place_in_a_pictures_xmp_is_noticed_too(tmp_path: Path) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>40,42N</exif:GPSLatitude></x:xmpmeta>'
    image = read(tmp_path, saved(photograph(60, 40), "JPEG", xmp=xmp))
    assert b"GPSLatitude" not in image.data
    assert image.original
    assert image.original.located


def test_what_a_phone_appends_to_a_picture_does_not_go_out(tmp_path: Path) -> None:
    """A motion photo is a JPEG with a film behind it."""
    image = read(tmp_path, saved(photograph(60, 40), "JPEG") + b"\0\0\0\x18ftypmp42" + SECRET.encode())
    assert SECRET.encode() not in image.data
    assert not (image.original and image.original.located)


def test_what_stands_behind_a_drawing_does_not_go_out(tmp_path: Path) -> None:
    assert SECRET.encode() not in read(tmp_path, saved(drawing(60, 40), "PNG") + SECRET.encode()).data


def test_a_picture_that_was_turned_by_its_metadata_stands_upright(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[ORIENTATION] = 6
    image = read(tmp_path, saved(drawing(80, 60), "JPEG", exif=exif, quality=95))
    assert (image.width, image.height) == (60, 80)
    # Turned clockwise by a quarter: what was left is now above.
    assert near(shown(image).getpixel((5, 5)), RED)
    assert near(shown(image).getpixel((5, 75)), BLUE)


def test_a_picture_that_moves_stands_still_at_its_first_frame(tmp_path: Path) -> None:
    frames = [Pillow.new("RGB", (30, 20), colour) for colour in (RED, BLUE, (0, 0, 0))]
    image = read(tmp_path, saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100))
    assert near(shown(image).getpixel((3, 3)), RED)
    assert image.original
    assert image.original.frames == 3


def test_transparency_stays(tmp_path: Path) -> None:
    picture = drawing(1200, 600).convert("RGBA")
    picture.putalpha(Pillow.new("L", picture.size, 0))
    ImageDraw.Draw(picture).rectangle((0, 0, 600, 600), fill=(*RED, 255))
    image = read(tmp_path, saved(picture, "PNG"))
    small = Pillow.open(io.BytesIO(image.data)).convert("RGBA")
    assert near(small.getpixel((100, 100))[:3], RED)  # type: ignore[index]
    assert small.getpixel((900, 100))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_kind_of_pixels_ends_as_one_that_mail_programs_show(tmp_path: Path, mode: str) -> None:
    grey = Pillow.new("I;16", (1200, 600), 40_000) if mode == "I;16" else drawing(1200, 600).convert(mode)
    image = read(tmp_path, saved(grey, "JPEG" if mode == "CMYK" else "PNG"))
    header = read_header(image.data)
    assert header
    assert header.clean
    if mode == "I;16":
        assert near(shown(image).getpixel((5, 5)), (156, 156, 156))


@pytest.mark.parametrize("space", ["sRGB", "LAB"])
def test_a_profile_goes_and_the_colours_stay(tmp_path: Path, space: Any) -> None:
    """One of another kind of device, which LAB stands for, says nothing about these colours."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile(space))
    image = read(tmp_path, saved(drawing(60, 40), "PNG", icc_profile=profile.tobytes()))
    assert near(shown(image).getpixel((5, 5)), RED)
    assert b"iCCP" not in image.data


def test_a_heavy_picture_of_the_right_size_is_made_lighter_or_left_alone(tmp_path: Path) -> None:
    heavy = saved(photograph(1000, 700), "JPEG", quality=100, subsampling=0)
    assert len(heavy) > LIGHT
    assert len(read(tmp_path, heavy).data) < len(heavy)


def test_a_picture_of_noise_is_not_sorted_by_its_colours(tmp_path: Path) -> None:
    """Pillow takes minutes for that, and the answer is known: it is no drawing."""
    noise = Pillow.merge("RGB", [Pillow.effect_noise((1040, 700), 100) for _ in range(3)])
    assert read(tmp_path, saved(noise, "PNG")).media_type == "image/jpeg"


WHOLE = [saved(photograph(64, 48), format_) for format_ in ("PNG", "JPEG", "GIF")]


@settings(max_examples=40)
@given(whole=st.sampled_from(WHOLE), cut=st.integers(0, 4000), at=st.integers(0, 4000), byte=st.integers(0, 255))
def test_no_broken_file_can_stop_a_build(broken_folder: Path, whole: bytes, cut: int, at: int, byte: int) -> None:
    data = bytearray(whole)
    data[at % len(data)] = byte
    (broken_folder / "a").write_bytes(bytes(data[: len(data) - cut % len(data)]))
    found = read_picture(broken_folder, "a")
    assert isinstance(found, Image | Mistake)
    if isinstance(found, Image):
        assert found.width > 0 < found.height
