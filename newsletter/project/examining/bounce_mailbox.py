"""The mailbox that bounces come to: opened for reading only."""

from __future__ import annotations

import imaplib
import os
from typing import Final

from newsletter.config import Config
from newsletter.delivery.transports.smtp import trusting
from newsletter.errors import SettingsError
from newsletter.project.examining.diagnosis import Diagnosis, ok, problem, skipped, warning
from newsletter.settings import BounceSettings, ImapSettings

CHECK: Final = "bounces.mailbox"


def examine_maildir(config: Config) -> Diagnosis | None:
    """Look at the Maildir that is set, or say that nothing is; None where it is read by IMAP."""
    bounces: BounceSettings = config.delivery.bounces
    if bounces.imap is not None:
        return None
    if bounces.maildir is not None:
        folder = config.path(bounces.maildir)
        missing = [name for name in ("new", "cur", "tmp") if not (folder / name).is_dir()]
        if missing:
            return problem(
                CHECK, f"{folder} is no Maildir ({', '.join(missing)} missing).", "Have the mail server deliver there."
            )
        if not os.access(folder / "new", os.R_OK | os.W_OK):
            return problem(CHECK, f"{folder} cannot be read and written.", f"chown -R $USER {folder}")
        return ok(CHECK, f"{folder} can be read; {len(list((folder / 'new').iterdir()))} mails are new.")
    if config.delivery.transport == "smtp":
        return warning(
            CHECK,
            "Nobody reads the bounces, so addresses that do not exist are mailed for ever, and mail servers come to mistrust us.",
            "In newsletter.toml: [delivery.bounces] address, and maildir or [delivery.bounces.imap].",
        )
    return skipped(CHECK, "Bounces do not come by mail here.")


def examine_imap(settings: ImapSettings, *, timeout: float) -> Diagnosis:
    """Sign in and open the folder for reading only."""
    where = f"{settings.host}:{settings.port}"
    try:
        server = imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=trusting(settings.ca_file), timeout=timeout)
    except (OSError, imaplib.IMAP4.error, SettingsError) as error:
        return problem(CHECK, f"{where} does not answer ({error}).", "Look at [delivery.bounces.imap] host, port and ca_file.")
    with server:
        try:
            _sign_in(server, settings)
            folder = settings.folder.replace("\\", "\\\\").replace('"', '\\"')
            answer, found = server.select(f'"{folder}"', readonly=True)
        except (imaplib.IMAP4.error, UnicodeEncodeError):
            return problem(
                CHECK,
                f"{where} does not let {settings.username} in.",
                "Set NEWSLETTER_DELIVERY__BOUNCES__IMAP__PASSWORD anew, and look at [delivery.bounces.imap] username.",
            )
        except OSError as error:
            return problem(CHECK, f"{where} ends the connection ({error}).", "Try again later.")
    if answer != "OK":
        return problem(CHECK, f"There is no folder {settings.folder} at {where}.", "Correct [delivery.bounces.imap] folder.")
    return ok(CHECK, f"{where} opens {settings.folder}; {(found[0] or b'0').decode('ascii', 'replace')} mails are in it.")


def _sign_in(server: imaplib.IMAP4_SSL, settings: ImapSettings) -> None:
    """Sign in as the reader of bounces does: LOGIN takes no password beyond ASCII."""
    name, password = settings.username, settings.password.get_secret_value()
    if "AUTH=PLAIN" in server.capabilities:
        server.authenticate("PLAIN", lambda _: f"\0{name}\0{password}".encode())
    else:
        server.login(name, password)
