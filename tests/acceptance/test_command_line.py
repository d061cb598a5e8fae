"""The command line as editors and the publisher meet it."""

from __future__ import annotations

import csv
import json
import re
import socket
from pathlib import Path

import pytest

from tests.acceptance.conftest import Site, make_due


def test_the_sample_issue_is_clean_of_every_finding(site: Site) -> None:
    assert "No findings." in site.run("check", "2026-12", "--offline", "--on", "2026-12-01")


def test_a_registry_that_cannot_be_asked_is_a_warning(site: Site) -> None:
    printed = site.run("check", "2026-12", "--on", "2026-12-01")
    assert "could not be checked" in printed
    assert "2 warnings" in printed


def test_every_mistake_is_reported_at_once_with_its_line(site: Site) -> None:
    file = site.folder / "issues/2026-12/issue.md"
    lines = file.read_text("utf-8").split("\n")
    lines += ["", "::: reticule https://example.org", "", "A [[word nobody knows]] and <b>tags</b> and {{nickname}}."]
    file.write_text("\n".join(lines), "utf-8")
    findings = json.loads(site.run("check", "2026-12", "--offline", "--format", "json", code=1))
    places = {(finding["place"]["line"], finding["rule"]) for finding in findings}
    assert {line for line, _ in places} >= {len(lines) - 2, len(lines)}
    assert len(findings) >= 4
    assert all(finding["fix"] for finding in findings)


def test_build_writes_the_same_bytes_twice(site: Site) -> None:
    for folder in ("one", "two"):
        site.run("build", "2026-12", "--out", folder, cold=True)  # each with a hash seed of its own
    for name in ("email.html", "email.txt", "web.html", "message.eml"):
        for language in ("en", "es"):
            one, two = (site.folder / folder / language / name for folder in ("one", "two"))
            assert one.read_bytes() == two.read_bytes()
    digests = [
        json.loads((site.folder / folder / "build.json").read_text())["editions"]["en"]["digest"] for folder in ("one", "two")
    ]
    assert digests[0] == digests[1]


def test_the_gallery_shows_every_letter_of_the_templates_in_every_view(site: Site) -> None:
    assert "index.html" in site.run("build", "--gallery", "--out", "gallery")
    index = (site.folder / "gallery/index.html").read_text("utf-8")
    views = re.findall(r'<iframe src="([^"]+)"', index)
    assert len(views) >= 4 * 8
    assert {view.partition("/")[0] for view in views} == {folder.name for folder in (site.folder / "templates/gallery").iterdir()}
    for view in views:
        assert (site.folder / "gallery" / view).is_file(), view
    assert 'html lang="es"' in (site.folder / "gallery/2026-12/es/email.dark.html").read_text("utf-8")
    assert "prefers-color-scheme" not in (site.folder / "gallery/2026-12/es/email.dark.html").read_text("utf-8")


def test_build_wants_an_issue_or_the_gallery_and_not_both(site: Site) -> None:
    assert "--gallery" in site.run("build", "--out", "gallery", code=2)
    assert "--gallery" in site.run("build", "2026-12", "--gallery", "--out", "gallery", code=2)


def test_a_mistake_in_a_template_names_its_line_and_no_mail_is_made(site: Site) -> None:
    layout = site.folder / "templates/email/layout.mjml.j2"
    text = layout.read_text("utf-8").replace("</mj-body>", '<mj-section padding="1em"></mj-section>\n</mj-body>')
    layout.write_text(text, "utf-8")
    line = text[: text.index("1em")].count("\n") + 1
    printed = site.run("check", "2026-12", "--offline", code=1)
    assert f"templates/email/layout.mjml.j2:{line}: padding=“1em” is not" in printed


def test_a_block_that_leaves_a_tag_open_names_its_line_too(site: Site) -> None:
    block = site.folder / "templates/email/blocks/trial.html.j2"
    lines = block.read_text("utf-8").replace("</h3>", "</h4>").splitlines()
    block.write_text("\n".join(lines), "utf-8")
    line = next(number for number, text in enumerate(lines, start=1) if "<h3" in text)
    printed = site.run("check", "2026-12", "--offline", code=1)
    assert f"templates/email/blocks/trial.html.j2:{line}: <h3> is not closed before </td>" in printed


def test_one_person_cannot_give_both_approvals(site: Site) -> None:
    settings = site.folder / "newsletter.toml"
    settings.write_text(settings.read_text("utf-8").replace('roles = ["medical"]', 'roles = ["medical", "editor"]'), "utf-8")
    site.run("approve", "2026-12", "--as", "maria", "--role", "medical", "--on", "2026-12-01")
    assert "one person cannot give both" in site.run(
        "approve", "2026-12", "--as", "maria", "--role", "editor", "--on", "2026-12-01", code=3
    )


def test_an_edit_after_an_approval_holds_the_slot_and_is_said_in_words(site: Site) -> None:
    site.run("approve", "2026-12", "--as", "ada", "--role", "editor", "--on", "2026-12-01")
    site.run("approve", "2026-12", "--as", "maria", "--role", "medical", "--on", "2026-12-01")
    site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    file = site.folder / "issues/2026-12/issue.md"
    text = file.read_text("utf-8")
    subject = next(line for line in text.split("\n") if line.startswith("subject:"))
    file.write_text(text.replace(subject, "subject: Your tests, and what they may open"), "utf-8")
    printed = site.run("approve", "2026-12", "--as", "sam", "--role", "editor", "--on", "2026-12-01")
    assert "subject" in printed
    assert "held" in printed
    assert "held" in site.run("calendar")
    site.run("approve", "2026-12", "--as", "maria", "--role", "medical", "--on", "2026-12-01")
    assert "held" not in site.run("calendar")


def test_who_plans_is_told_what_comes_next(approved_site: Site) -> None:
    site = approved_site
    assert "`newsletter serve` is running" in site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    again = site.run("approve", "2026-12", "--as", "maria", "--role", "medical", "--on", "2026-12-01")
    assert "It goes out Sun 01 Jan 2090, 10:00 EST." in again
    assert "approval" not in site.run("calendar")
    site.run("schedule", "2027-02", "--at", "2090-02-01T10:00")
    assert "the approval by the medical reviewer" in site.run("calendar")


def test_an_issue_that_nobody_approved_is_not_sent(site: Site) -> None:
    site.run("subscribers", "import", "subscribers/sample.csv", "--apply", "--no-ask", code=1)
    site.run("schedule", "2026-12", "--at", "2090-01-01T10:00")
    make_due(site)
    assert "not approved by anybody" in site.run("send", "2026-12", code=3)
    assert not (site.folder / "var/outbox/new").exists()


def test_sending_again_sends_nothing(sent_site: Site) -> None:
    outbox = sent_site.folder / "var/outbox/new"
    before = sorted(path.name for path in outbox.iterdir())
    sent_site.run("send", "2026-12")
    assert sorted(path.name for path in outbox.iterdir()) == before


def test_no_address_stands_in_clear_in_the_database_or_in_file_names(sent_site: Site) -> None:
    stored = b"".join(path.read_bytes() for path in (sent_site.folder / "var/database").iterdir() if path.is_file()).lower()
    rows = csv.DictReader((sent_site.folder / "subscribers/sample.csv").read_text("utf-8").splitlines())
    addresses = {found.lower() for row in rows if "@" in (found := row["email"].strip().strip("@"))}
    assert len(addresses) > 200
    assert [address for address in addresses if address.encode() in stored] == []
    assert not [path for path in (sent_site.folder / "var").rglob("*") if "@example" in path.name]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["check", "2031-01"], 2, "2026-12"),
        (["check", "../../etc"], 2, "2026-12"),
        (["approve", "2026-12", "--as", "nobody", "--role", "editor"], 2, "ada"),
        (["report", "2026-12"], 3, "was not sent"),
        (["send", "2026-12"], 3, "was not sent"),
        (["schedule", "2026-12", "--at", "tomorrow"], 2, "2026-12-01T10:00"),
        (["schedule", "2026-12", "--at", "2020-01-01T10:00"], 3, "is past"),
        (["schedule", "2026-12", "--at", "2090-01-01"], 2, "has no time. Write it as 2090-01-01T10:00"),
        (["hold", "2026-12", "--because", "x"], 3, "2026-12"),
        (["feeds", "clip", "99", "--to", "2026-12"], 2, "no clipping 99"),
        (["test-send", "2026-12", "--to", "not an address"], 2, "“not an address”: this is not an e-mail address"),
        (["subscribers", "add", "nobody", "--consent", "form"], 2, "“nobody”: this is not an e-mail address"),
        (["feeds", "clip", "1", "--to", "2031-01"], 2, "There is no issues/2031-01/issue.md yet"),
        (["init", "/proc/nowhere/else"], 2, "/proc/nowhere/else cannot be made"),
        (["build", "2026-12", "--out", "/proc/nowhere"], 1, "/proc/nowhere cannot be read or written"),
        (["subscribers", "show", "nobody@example.org", "--as", "ada"], 2, "Nobody is stored"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_a_mistake_gets_a_sentence_and_an_exit_code(site: Site, arguments: list[str], code: int, said: str) -> None:
    assert said in site.run(*arguments, code=code)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--version"], "newsletter 0"),
        (["manage", "migrate", "--help"], "usage: newsletter manage migrate"),
        (["approve", "--help"], "a key of [people] in"),
        (
            ["schedule", "2026-12", "--at", "2090-01-01T10:00"],
            "the approval by an editor and the approval by the medical reviewer",
        ),
    ],
)
def test_the_command_line_explains_itself(site: Site, arguments: list[str], said: str) -> None:
    assert said in site.run(*arguments)


def test_all_mistakes_in_the_settings_are_reported_together(site: Site) -> None:
    site.environment |= {"NEWSLETTER_DELIVERY__TRANSPORT": "pigeon", "NEWSLETTER_WEB__PORT": "high"}
    printed = site.run("check", "2026-12", code=2)
    assert "delivery.transport" in printed
    assert "web.port" in printed


@pytest.mark.parametrize("url", ["postgresql://u:hunter2@127.0.0.1:9/n", "sqlite:////proc/nowhere/n.sqlite3"])
def test_a_database_that_is_away_is_said_in_one_line(site: Site, url: str) -> None:
    site.environment["NEWSLETTER_DATABASE__URL"] = url
    printed = site.run("calendar", code=1)
    assert printed.count("\n") == 1
    assert "cannot be" in printed
    assert "hunter2" not in printed


def test_a_damaged_database_is_said_in_one_line(site: Site) -> None:
    (site.folder / "var/database").mkdir(parents=True)
    (site.folder / "var/database/newsletter.sqlite3").write_bytes(b"nothing that SQLite wrote " * 100)
    printed = site.run("calendar", code=1)
    assert printed.count("\n") == 1
    assert "not a database" in printed


@pytest.mark.parametrize("command", ["serve", "web"])
def test_a_port_that_is_taken_is_said_in_one_line(site: Site, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        site.environment["NEWSLETTER_WEB__PORT"] = str(taken.getsockname()[1])
        printed = site.run(command, code=3)
    assert printed.count("\n") == 1
    assert "Is another `newsletter serve` running?" in printed


def test_outside_a_site_folder_the_command_says_where_to_go(site: Site) -> None:
    (site.folder / "newsletter.toml").unlink()
    assert "NEWSLETTER_HOME" in site.run("check", "2026-12", code=2)
    assert "check" in site.run("--help")


def test_init_makes_a_folder_in_which_everything_works(site: Site) -> None:
    site.run("init", "ours")
    site.environment["NEWSLETTER_HOME"] = str(site.folder / "ours")
    site.run("check", "2026-12", "--offline", "--on", "2026-12-01")
    assert "not empty" in site.run("init", "ours", code=2)


def test_a_test_mail_goes_to_one_address_in_both_languages(site: Site) -> None:
    said = site.run("test-send", "2026-12", "--to", "me@example.org", "--name", "Ana")
    assert "en: accepted by outbox" in said
    named = [Path(line.strip()) for line in said.splitlines() if line.startswith(" ")]
    assert [b"me@example.org" in file.read_bytes() for file in named] == [True, True]
    mails = [path.read_bytes() for path in (site.folder / "var/outbox/new").iterdir()]
    assert len(mails) == 2
    assert all(b"[Test]" in mail and b"To: me@example.org" in mail for mail in mails)


def test_a_lost_key_ring_is_not_replaced_in_silence(site: Site) -> None:
    site.run("subscribers", "add", "ana@example.org", "--consent", "paper")
    kept = (site.folder / "var/keys.json").read_bytes()
    (site.folder / "var/keys.json").unlink()
    for command in (["subscribers", "add", "ana@example.org", "--consent", "paper"], ["send", "2026-12"], ["serve"]):
        assert "Restore it from your backup" in site.run(*command, code=2)
    (site.folder / "var/keys.json").write_bytes(kept)
    assert "subscribed already" in site.run("subscribers", "add", "ana@example.org", "--consent", "paper")


def test_djangos_own_commands_leave_the_tables_to_a_person(site: Site) -> None:
    """On PostgreSQL every other command refuses to work before `newsletter manage migrate`."""
    assert "[ ] 0001_initial" in site.run("manage", "showmigrations", "subscribers")
    site.run("manage", "migrate")
    assert "[X] 0001_initial" in site.run("manage", "showmigrations", "subscribers")


def test_a_new_issue_says_what_is_still_to_be_written(site: Site) -> None:
    site.run("new", "2027-02")
    findings = json.loads(site.run("check", "2027-02", "--offline", "--format", "json", code=1))
    empty = {"front-matter-empty", "section-empty", "block-body"}
    assert {finding["rule"] for finding in findings} == empty
    assert "is there already" in site.run("new", "2027-02", code=3)
    site.run("new", "2027-04", "--from", "2026-12")
    assert "trials refresh" in site.run("check", "2027-04", "--offline", code=1)
