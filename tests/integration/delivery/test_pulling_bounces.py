"""Mailboxes that bounces come to: read, taken into the ledger, set aside; and looked at by people where they are none of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from newsletter.config import Config
from newsletter.delivery.bounces.maildir import MaildirSource
from newsletter.delivery.bounces.pulling import Pulled, pull_bounces
from newsletter.delivery.models import BounceKind, Delivery, Event, Handover, Outcome
from newsletter.errors import NotAllowedError
from newsletter.postbox.models import PostState, ServiceMail
from newsletter.settings import BounceSettings, ImapSettings
from newsletter.subscribers.models import Subscription, Suppression
from tests.contract.delivery.samples import NOW, prepared_send
from tests.integration.delivery.recording_imap import RecordingImap, recording_imap
from tests.unit.delivery.bounce_samples import KEY, SERVERS, VACATION, complaint, report

pytestmark = [pytest.mark.database, pytest.mark.django_db]

ADDRESS = "bounces@metsmatters.example"


def configured(**bounces: Any) -> Config:
    config: Config = settings.NEWSLETTER
    changed = BounceSettings(address=ADDRESS, **bounces)
    newsletter = config.newsletter.model_copy(update={"from_address": "letter@metsmatters.example"})
    return config.model_copy(
        update={"newsletter": newsletter, "delivery": config.delivery.model_copy(update={"bounces": changed})}
    )


def pull(config: Config) -> Pulled:
    return pull_bounces(config, lambda: NOW)


def sent(count: int) -> list[Delivery]:
    prepared_send(count, transport="smtp")
    Delivery.objects.update(handover=Handover.ACCEPTED, handed_over_at=NOW)
    return list(Delivery.objects.order_by("pk"))


def came_back(key: str, *, status: str = "5.1.1", server: int = 0) -> bytes:
    return report(SERVERS[server], status=status, diagnostic="550 said the server").replace(KEY.encode(), key.encode())


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "bounces" / name).mkdir(parents=True)
    return tmp_path / "bounces"


def deliver(maildir: Path, *contents: bytes) -> None:
    for number, content in enumerate(contents):
        (maildir / "new" / f"{1_796_137_300 + number}.M1P1.mail").write_bytes(content)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_bounces_are_taken_into_the_ledger_and_set_aside(maildir: Path) -> None:
    hard, soft, policy, complained, fine = sent(5)
    reported = complaint().replace(KEY.encode(), complained.key.encode())
    deliver(maildir, came_back(hard.key), came_back(soft.key, status="5.2.2"), came_back(policy.key, status="5.7.1"), reported)
    pulled = pull(configured(maildir=maildir))
    assert (pulled.new, pulled.left, pulled.problems) == (4, 0, [])
    assert dict(pulled.reports) == {"hard": 1, "soft": 1, "policy": 1, "spamreport": 1}
    kinds = dict(Delivery.objects.values_list("key", "bounce"))
    assert kinds == {
        hard.key: BounceKind.HARD,
        soft.key: BounceKind.SOFT,
        policy.key: BounceKind.POLICY,
        complained.key: "",
        fine.key: "",
    }
    ended = dict(Subscription.objects.values_list("delivery__key", "end_reason"))
    assert ended == {hard.key: "bounced", soft.key: "", policy.key: "", complained.key: "complained", fine.key: ""}
    assert Suppression.objects.count() == 2
    assert names(maildir / "new") == []
    assert len(names(maildir / ".Handled" / "cur")) == 4


def test_what_is_no_bounce_or_not_ours_stays_unread_for_people(maildir: Path) -> None:
    sent(1)
    deliver(maildir, VACATION, came_back("f" * 32), b"\xff\x00 no mail at all")
    for _ in range(2):
        pulled = pull(configured(maildir=maildir))
    assert (pulled.new, pulled.left) == (0, 0), "a second look is at nothing"
    assert names(maildir / "cur") == [f"{1_796_137_300 + number}.M1P1.mail:2," for number in range(3)]
    assert not Event.objects.exists()


def test_killed_between_taking_and_setting_aside_nothing_is_counted_twice(maildir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [delivery] = sent(1)
    deliver(maildir, came_back(delivery.key, status="5.2.2"))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(MaildirSource, "put_away", die)
        with pytest.raises(KeyboardInterrupt):
            pull(configured(maildir=maildir))
    assert Event.objects.count() == 1
    pulled = pull(configured(maildir=maildir))
    assert (pulled.new, dict(pulled.reports)) == (0, {"soft": 1})
    assert Event.objects.count() == 1
    assert names(maildir / "new") == []


def test_a_service_mail_that_came_back_has_failed(maildir: Path) -> None:
    ServiceMail.objects.create(
        key=KEY, kind="review", content=b"", created_at=NOW, due_at=NOW, expires_at=NOW, state=PostState.ACCEPTED
    )
    deliver(maildir, report(SERVERS[0], status="5.1.1", diagnostic="550 unknown", to="letter@metsmatters.example"))
    assert pull(configured(maildir=maildir)).new == 1
    assert ServiceMail.objects.get().state == PostState.FAILED


def test_an_unknown_delivery_that_came_back_was_taken(maildir: Path) -> None:
    [delivery] = sent(1)
    Delivery.objects.update(handover=Handover.UNKNOWN, handed_over_at=None)
    deliver(maildir, came_back(delivery.key, status="4.4.1").replace(b"Action: failed", b"Action: delayed"))
    pull(configured(maildir=maildir))
    delivery.refresh_from_db()
    assert (delivery.handover, delivery.outcome) == (Handover.ACCEPTED, Outcome.DEFERRED)


def test_of_a_huge_mail_no_more_than_its_beginning_is_read(maildir: Path) -> None:
    [delivery] = sent(1)
    deliver(maildir, came_back(delivery.key).replace(b"\r\n--=_part--", b"\r\n" + b"x" * 3_000_000 + b"\r\n--=_part--"))
    assert pull(configured(maildir=maildir)).new == 1


def test_a_folder_that_is_no_maildir_is_a_problem_that_names_the_setting(tmp_path: Path) -> None:
    pulled = pull(configured(maildir=tmp_path / "nowhere"))
    assert "delivery.bounces.maildir" in pulled.problems[0]


def test_without_a_mailbox_there_is_nothing_to_pull() -> None:
    with pytest.raises(NotAllowedError, match=r"delivery\.bounces"):
        pull(configured())


@pytest.fixture
def imap(certificate: Path) -> Iterator[RecordingImap]:
    with recording_imap(certificate) as server:
        yield server


@pytest.fixture
def over_imap(imap: RecordingImap, certificate: Path) -> Callable[..., Config]:
    def make(**changes: Any) -> Config:
        values = {"host": "127.0.0.1", "port": imap.port, "username": imap.user, "password": imap.password}
        values |= {"ca_file": str(certificate), "timeout_seconds": 5, "folder": imap.folder}
        return configured(imap=ImapSettings(**(values | changes)))

    return make


@pytest.mark.parametrize("plain", [False, True], ids=["LOGIN", "AUTH PLAIN"])
def test_by_imap_bounces_are_seen_and_the_rest_stays_unread(
    imap: RecordingImap, over_imap: Callable[..., Config], *, plain: bool
) -> None:
    imap.plain = plain
    [delivery] = sent(1)
    bounce, vacation = imap.deliver(came_back(delivery.key)), imap.deliver(VACATION)
    pulled = pull(over_imap())
    assert (pulled.new, pulled.left, pulled.problems) == (1, 1, [])
    assert (r"\Seen" in bounce.flags, r"\Seen" in vacation.flags) == (True, False)
    before = imap.commands.count("UID FETCH")
    assert pull(over_imap()).left == 0
    assert imap.commands.count("UID FETCH") == before, "a second look fetches nothing"
    assert imap.commands[-1] == "LOGOUT"


def test_a_server_without_keywords_gets_a_star_on_what_is_left(imap: RecordingImap, over_imap: Callable[..., Config]) -> None:
    imap.keywords = False
    [delivery] = sent(1)
    bounce, vacation = imap.deliver(came_back(delivery.key)), imap.deliver(VACATION)
    for _ in range(2):
        pull(over_imap())
    assert (bounce.flags, vacation.flags) == ({r"\Seen"}, {r"\Flagged"})
    assert imap.commands.count("UID FETCH") == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "wrong"}, "does not let"),
        ({"password": "wörtlich"}, "does not let"),
        ({"folder": "Nowhere"}, r"delivery\.bounces\.imap\.folder"),
        ({"ca_file": ""}, "could not be used"),
        ({"ca_file": "/nowhere.pem"}, "ca_file"),
        ({"port": 1}, "could not be used"),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_a_problem_and_never_a_stack_trace(
    over_imap: Callable[..., Config], changes: dict[str, Any], said: str
) -> None:
    [problem] = pull(over_imap(**changes)).problems
    assert re.search(said, problem)
    assert "wrong" not in problem


def test_a_connection_that_breaks_loses_nothing(imap: RecordingImap, over_imap: Callable[..., Config]) -> None:
    first, second = sent(2)
    imap.deliver(came_back(first.key))
    imap.deliver(came_back(second.key))
    imap.cut_after = 1
    assert len(pull(over_imap()).problems) == 1
    imap.cut_after = None
    pull(over_imap())
    assert set(Delivery.objects.values_list("outcome", flat=True)) == {Outcome.BOUNCED}
    assert Event.objects.count() == 2
