"""One edition as files, as an invented reader gets it."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from pathlib import Path

from newsletter.config import Config
from newsletter.preview.showing import SAMPLE_READER
from newsletter.rendering.edition import Edition, Variant
from newsletter.rendering.mail_headers import MailHeaders
from newsletter.rendering.merge import fill
from newsletter.rendering.message import compile_message


def write_edition(edition: Edition, out: Path, config: Config) -> dict[str, int]:
    """Write one edition's files, as an invented reader gets them, and give their sizes in bytes.

    ``email.html`` and ``.txt`` say all that the issue says; what a reader gets who chose tnbc only is in ``email.tnbc.html``, who
    chose none of the issue's topics in ``email.none.html``. Pictures are shown from the folder, since no page serves them yet.
    """
    folder = out / edition.language
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for asset in edition.assets:
        (folder / "assets" / asset.name).write_bytes(asset.data)
    message = compile_message(edition, MailHeaders.of(config)).message(
        SAMPLE_READER, message_id=f"<{edition.digest[:32]}@example.org>", date=datetime(2026, 1, 1, tzinfo=UTC)
    )
    published = f"{config.web.base_url}/assets/"
    files = {"web.html": edition.web.replace(published, "assets/").encode(), "message.eml": message}
    for name, variant in {"email": edition.variants[0], **{_name(variant): variant for variant in edition.narrower}}.items():
        html = fill(variant.html, lambda field: escape(SAMPLE_READER.value(field)))
        files[f"{name}.html"] = html.replace(published, "assets/").encode()
        files[f"{name}.txt"] = fill(variant.text, SAMPLE_READER.value).encode()
    for left_over in folder.glob("email.*.*"):
        left_over.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {name: len(data) for name, data in files.items()}


def _name(variant: Variant) -> str:
    return f"email.{'+'.join(variant.topics) or 'none'}"
