"""Pictures made fit for a mail: as large as they are shown on a sharp screen, light, and with nothing in them but the picture.

The file of the editor is not touched. The same file gives the same bytes, as long as Pillow is the same.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping

from PIL import Image as Pillow
from PIL import ImageChops, ImageCms, ImageOps, ImageStat

from newsletter.authoring.issue import Image, Original
from newsletter.authoring.picture_headers import GIF, JPEG, PNG, WIDEST

JPEG_QUALITY = 82
FORMATS: Mapping[str, str] = {"PNG": PNG, "JPEG": JPEG, "GIF": GIF}

_PALETTE = 256
_COLOURS_OF_A_DRAWING = 10_000
"""Edges that were made smaller blend into thousands of colours; a photograph has more, and sorting them would take minutes."""

_UNSEEN_ON_AVERAGE, _UNSEEN_AT_MOST = 2.0, 24
"""Of 255: by how much a drawing in 256 colours may differ from the drawing, root mean square and at any one point."""

_EXIF_LOCATION = 0x8825
_XMP_LOCATION = b"GPSLatitude"


def prepare_picture(path: str, data: bytes) -> Image | None:
    """Decode a picture and give what readers get of it, None when it cannot be decoded or claims too many pixels.

    It is turned the way its camera was held, brought to sRGB, at most ``WIDEST`` wide, and without metadata. Of a picture that
    moves the first frame is left. A drawing becomes a PNG of 256 colours where nobody sees the difference, a photograph a JPEG.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            with Pillow.open(io.BytesIO(data), formats=tuple(FORMATS)) as picture:
                media_type = FORMATS[picture.format or ""]
                original = Original(
                    weight=len(data),
                    width=picture.width,
                    height=picture.height,
                    frames=int(getattr(picture, "n_frames", 1)),
                    located=_EXIF_LOCATION in picture.getexif() or _XMP_LOCATION in data,
                )
                drawn = _bring_to_size(_bring_to_srgb(_decode(picture)))
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning, OSError, SyntaxError, ValueError, KeyError):
        # Pillow raises SyntaxError and ValueError for broken chunks, and OSError for everything that is no picture.
        return None
    encoded, encoded_type = _encode(drawn, media_type)
    return Image(path, encoded, encoded_type, drawn.width, drawn.height, original)


def _decode(picture: Pillow.Image) -> Pillow.Image:
    """Give the first frame, upright, in RGB, RGBA or grey."""
    # A JPEG is decoded at an eighth, a quarter or half of its size where that is enough, which takes a fraction of the time.
    wanted = (WIDEST, WIDEST) if picture.width <= picture.height else (WIDEST, 1)
    picture.draft("RGB", wanted)
    picture.load()
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    transparent = upright.has_transparency_data
    if upright.mode not in {"RGB", "RGBA", "L"} or transparent:
        upright = _in_eight_bits(upright).convert("RGBA" if transparent else "L" if upright.mode in _GREY else "RGB")
    upright.info = {"icc_profile": profile} if profile else {}
    return upright


_GREY = frozenset({"1", "I", "F", "I;16", "I;16B", "I;16L", "LA"})


def _in_eight_bits(picture: Pillow.Image) -> Pillow.Image:
    """Bring grey of 16 bits to 8: Pillow's own conversion cuts everything above 255."""
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value / 257).convert("L")
    return picture


def _bring_to_srgb(picture: Pillow.Image) -> Pillow.Image:
    """Convert a camera's colours (an iPhone's are Display P3) to those that are meant where no profile says otherwise."""
    profile = picture.info.get("icc_profile")
    picture.info = {}
    if not profile or picture.mode == "L":
        return picture
    colours, alpha = picture.convert("RGB"), picture.getchannel("A") if picture.mode == "RGBA" else None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        converted = None  # A profile of another kind of device, or a broken one, says nothing about these colours.
    colours = converted or colours
    if alpha:
        colours.putalpha(alpha)
    colours.info = {}
    return colours


def _bring_to_size(picture: Pillow.Image) -> Pillow.Image:
    if picture.width <= WIDEST:
        return picture
    size = (WIDEST, max(1, round(picture.height * WIDEST / picture.width)))
    return picture.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=3.0)


def _encode(picture: Pillow.Image, media_type: str) -> tuple[bytes, str]:
    opaque = picture.mode != "RGBA"
    if media_type == JPEG and opaque:
        return _as_jpeg(picture), JPEG
    few = _in_few_colours(picture)
    if opaque:
        # A drawing has clean edges as a PNG. A photograph is several times as heavy in that form.
        as_jpeg, as_png = _as_jpeg(picture), _as_png(few) if few else b""
        return (as_png, PNG) if as_png and len(as_png) <= 2 * len(as_jpeg) else (as_jpeg, JPEG)
    return _as_png(few or picture), PNG


def _in_few_colours(picture: Pillow.Image) -> Pillow.Image | None:
    """Give the picture in 256 colours, None where a reader would see the difference."""
    if picture.mode == "L":
        return picture
    if picture.getcolors(_COLOURS_OF_A_DRAWING) is None:
        return None
    # The octree is the only method of Pillow's that keeps transparency.
    method = Pillow.Quantize.FASTOCTREE if picture.mode == "RGBA" else Pillow.Quantize.MAXCOVERAGE
    few = picture.quantize(_PALETTE, method, kmeans=1, dither=Pillow.Dither.NONE)
    difference = ImageStat.Stat(ImageChops.difference(picture, few.convert(picture.mode)))
    furthest = max(high for _, high in difference.extrema)
    return few if furthest <= _UNSEEN_AT_MOST and max(difference.rms) <= _UNSEEN_ON_AVERAGE else None


def _as_png(picture: Pillow.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _as_jpeg(picture: Pillow.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return stream.getvalue()
