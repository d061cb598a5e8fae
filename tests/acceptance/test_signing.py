"""Signing mail, as the person does it who sets the newsletter up: a command, a DNS record, and a mail that verifies."""

from __future__ import annotations

import json
import mailbox
import re

import dkim

from tests.acceptance.conftest import Site


def _set_up(site: Site, domain: str) -> None:
    settings = site.folder / "newsletter.toml"
    text = settings.read_text("utf-8")
    settings.write_text(f'{text}\n[delivery.dkim]\ndomain = "{domain}"\nselector = "letter2026"\n', "utf-8")


def _sender_domain(site: Site) -> str:
    found = re.search(r'from_address = "[^@]+@([^"]+)"', (site.folder / "newsletter.toml").read_text("utf-8"))
    assert found is not None
    return found[1]


def test_the_command_makes_a_key_once_and_mail_is_signed_with_it(site: Site) -> None:
    domain = _sender_domain(site)
    assert "[delivery.dkim]" in site.run("dkim", code=2)
    _set_up(site, domain)
    assert "newsletter dkim" in site.run("test-send", "2026-12", "--to", "me@example.org", code=2)

    printed = site.run("dkim")
    key = site.folder / "var/dkim.pem"
    assert "Made the key" in printed
    assert f"letter2026._domainkey.{domain}" in printed
    assert key.stat().st_mode & 0o777 == 0o600
    content = key.read_bytes()
    again = json.loads(site.run("dkim", "--format", "json"))
    assert again["made"] is False
    assert again["aligned"] is True
    assert again["value"] in printed
    assert key.read_bytes() == content, "a key is never overwritten"

    site.run("test-send", "2026-12", "--to", "me@example.org")
    mails = mailbox.Maildir(site.folder / "var/outbox", create=False)
    published = {f"{again['name']}.": again["value"].encode()}
    for name in mails.keys():  # noqa: SIM118 - a Maildir is no mapping of names
        assert dkim.verify(mails.get_bytes(name), dnsfunc=lambda asked, timeout=5: published.get(asked.decode()))  # noqa: ARG005
    assert len(mails) >= 1


def test_a_domain_that_does_not_speak_for_the_sender_is_pointed_out(site: Site) -> None:
    _set_up(site, "elsewhere.example")
    assert "DMARC will not count these signatures" in site.run("dkim")


def test_a_key_that_others_can_read_is_refused(site: Site) -> None:
    _set_up(site, _sender_domain(site))
    site.run("dkim")
    key = site.folder / "var/dkim.pem"
    key.chmod(0o644)
    assert f"chmod 600 {key}" in site.run("dkim", code=2)
    assert f"chmod 600 {key}" in site.run("test-send", "2026-12", "--to", "me@example.org", code=2)
