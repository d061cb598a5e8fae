"""What the DNS says of our sender, asked over UDP. Each test has a domain of its own: answers are remembered for a while."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from newsletter.config import Config
from newsletter.delivery.dkim_key import dns_record, make_key, read_key
from newsletter.errors import UsageError
from newsletter.project.examining.diagnosis import Diagnosis, Verdict
from newsletter.project.examining.dkim_record import examine_dkim
from newsletter.project.examining.sender_dns import examine_dmarc, examine_mx, examine_spf, make_resolver
from tests.integration.project.examining.name_server import Zone, answering, text
from tests.project_config import config_with


def mailing(domain: str, **changes: object) -> Config:
    """Give the settings of a newsletter that is sent by SMTP from a domain."""
    plain = {
        "newsletter.from_address": f"letter@{domain}",
        "newsletter.reply_to": f"editors@{domain}",
        "delivery.transport": "smtp",
        "delivery.smtp.host": "203.0.113.9",
    }
    return config_with(plain | {name.replace("__", "."): value for name, value in changes.items()})


def spf(domain: str, record: str, *, host: str = "198.51.101.9", more: Zone | None = None) -> Diagnosis:
    zone = {(domain, "TXT"): [text(record)]} if record else {(domain, "A"): ["198.51.101.9"]}
    with answering({**zone, **(more or {})}) as resolver:
        return examine_spf(mailing(domain, delivery__smtp__host=host), resolver)


def test_a_domain_without_spf_is_told_what_to_publish() -> None:
    found = spf("none.spf-letter.org", "")
    assert found.verdict is Verdict.PROBLEM
    assert found.mend == ('Publish in the DNS: none.spf-letter.org. TXT "v=spf1 ip4:198.51.101.9 -all"',)


def test_spf_that_names_the_mail_server_is_well_also_by_way_of_an_include() -> None:
    assert spf("direct.spf-letter.org", "v=spf1 ip4:198.51.101.0/24 -all").verdict is Verdict.OK
    included: Zone = {("senders.spf-letter.org", "TXT"): [text("v=spf1 ip4:198.51.101.9 -all")]}
    assert spf("by.spf-letter.org", "v=spf1 include:senders.spf-letter.org -all", more=included).verdict is Verdict.OK


def test_spf_that_does_not_name_the_mail_server_is_a_warning_with_what_to_add() -> None:
    found = spf("other.spf-letter.org", "v=spf1 ip4:192.0.2.1 -all")
    assert found.verdict is Verdict.WARNING
    assert "ip4:198.51.101.9" in found.mend[0]


def test_spf_of_more_than_ten_lookups_is_a_problem() -> None:
    more: dict[tuple[str, str], list[str]] = {
        (f"i{number}.many.spf-letter.org", "TXT"): [text("v=spf1 ip4:192.0.2.1 -all")] for number in range(11)
    }
    record = "v=spf1 " + " ".join(f"include:{name}" for name, _ in more) + " -all"
    found = spf("many.spf-letter.org", record, more=more)
    assert found.verdict is Verdict.PROBLEM
    assert "lookups" in found.said


@pytest.mark.parametrize(("name", "record"), [("slip", "v=spf1 ip4:198.51.101.300 -all"), ("word", "v=spf1 includes:x.org -all")])
def test_spf_with_a_slip_is_a_problem(name: str, record: str) -> None:
    assert spf(f"{name}.spf-letter.org", record).verdict is Verdict.PROBLEM


def test_spf_that_lets_everybody_send_is_a_warning() -> None:
    assert "everybody" in spf("all.spf-letter.org", "v=spf1 +all").said


def dmarc(domain: str, record: str, **changes: object) -> list[Diagnosis]:
    zone: dict[tuple[str, str], list[str]] = {(domain, "A"): ["198.51.101.9"]}
    if record:
        zone[f"_dmarc.{domain}", "TXT"] = [text(record)]
    with answering(zone) as resolver:
        return list(examine_dmarc(mailing(domain, **changes), resolver))


def test_a_domain_without_dmarc_is_told_what_to_publish() -> None:
    policy, alignment = dmarc("dmarc-none.org", "")
    assert policy.verdict is Verdict.PROBLEM
    assert policy.mend == ('Publish in the DNS: _dmarc.dmarc-none.org. TXT "v=DMARC1; p=none; rua=mailto:dmarc@dmarc-none.org"',)
    assert alignment.verdict is Verdict.SKIPPED


def test_a_policy_of_none_is_a_warning_and_a_stricter_one_is_well() -> None:
    assert dmarc("dmarc-watch.org", "v=DMARC1; p=none")[0].verdict is Verdict.WARNING
    assert dmarc("dmarc-strict.org", "v=DMARC1; p=reject")[0].verdict is Verdict.OK


@pytest.mark.parametrize(
    ("name", "record", "envelope", "signed", "verdict"),
    [
        ("signed", "v=DMARC1; p=reject", "bounces@elsewhere.org", "mail.aligned-signed.org", Verdict.OK),
        ("strict", "v=DMARC1; p=reject; adkim=s", "bounces@elsewhere.org", "mail.aligned-strict.org", Verdict.PROBLEM),
        ("envelope", "v=DMARC1; p=reject", "bounces@b.aligned-envelope.org", None, Verdict.WARNING),
        ("neither", "v=DMARC1; p=reject", "bounces@elsewhere.org", "elsewhere.org", Verdict.PROBLEM),
    ],
)
def test_alignment_goes_by_the_organisations_domain_unless_dmarc_is_strict(
    name: str, record: str, envelope: str, signed: str | None, verdict: Verdict
) -> None:
    changes: dict[str, object] = {"delivery__envelope_from": envelope}
    if signed:
        changes["delivery__dkim"] = {"domain": signed, "selector": "s"}
    assert dmarc(f"aligned-{name}.org", record, **changes)[1].verdict is verdict


@pytest.fixture(scope="session")
def dkim_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a key to sign with."""
    file = tmp_path_factory.mktemp("dkim") / "dkim.pem"
    make_key(file)
    return file


def dkim(domain: str, dkim_file: Path, zone: Zone) -> Diagnosis:
    config = mailing(domain, delivery__dkim={"domain": domain, "selector": "letter", "key_file": str(dkim_file)})
    with answering(zone) as resolver:
        return examine_dkim(config, resolver)


def test_the_record_of_our_own_key_is_well(dkim_file: Path) -> None:
    record = dns_record(read_key(dkim_file), domain="dkim-letter.org", selector="letter")
    assert dkim("dkim-letter.org", dkim_file, {(record.name, "TXT"): [text(record.value)]}).verdict is Verdict.OK


def test_without_the_record_or_with_another_key_it_says_what_to_publish(dkim_file: Path, tmp_path: Path) -> None:
    make_key(tmp_path / "other.pem")
    other = dns_record(read_key(tmp_path / "other.pem"), domain="dkim-letter.org", selector="letter")
    ours = dns_record(read_key(dkim_file), domain="dkim-letter.org", selector="letter")
    zones: list[Zone] = [
        {},
        {(other.name, "TXT"): [text(other.value)]},
        {(other.name, "TXT"): [text("v=DKIM1; k=rsa; p=")]},
        {(other.name, "TXT"): [text(other.value), text(ours.value)]},
    ]
    for zone in zones:
        found = dkim("dkim-letter.org", dkim_file, zone)
        assert found.verdict is Verdict.PROBLEM, zone
        assert ours.as_zone_line() in found.mend[0]


def test_a_key_that_is_missing_is_a_problem_and_no_key_at_all_is_not_looked_at(tmp_path: Path) -> None:
    assert "newsletter dkim" in dkim("dkim-letter.org", tmp_path / "none.pem", {}).said
    with answering({}) as resolver:
        assert examine_dkim(mailing("dkim-letter.org"), resolver).verdict is Verdict.SKIPPED


def test_sendgrids_two_names_have_to_lead_to_sendgrid() -> None:
    config = mailing("dkim-sendgrid.org", delivery__transport="sendgrid")
    names = [f"{name}._domainkey.dkim-sendgrid.org" for name in ("s1", "s2")]
    good: Zone = {(name, "CNAME"): [f"{name[:2]}.domainkey.u1.wl.sendgrid.net."] for name in names}
    with answering(good) as resolver:
        assert examine_dkim(config, resolver).verdict is Verdict.OK
    with answering({**good, (names[1], "CNAME"): ["s2.sendgrid.net.evil.org."]}) as resolver:
        assert names[1] in examine_dkim(config, resolver).said


@pytest.mark.parametrize(
    ("name", "zone", "verdict"),
    [
        ("mx", {("mx-letter.org", "MX"): ["10 mail.mx-letter.org."]}, Verdict.OK),
        ("address", {("mx-letter.org", "A"): ["198.51.101.9"]}, Verdict.OK),
        ("null", {("mx-letter.org", "MX"): ["0 ."]}, Verdict.PROBLEM),
        ("nothing", {("mx-letter.org", "TXT"): ['"x"']}, Verdict.PROBLEM),
        ("no such domain", {}, Verdict.PROBLEM),
    ],
)
def test_answers_and_bounces_need_a_mail_server(name: str, zone: Zone, verdict: Verdict) -> None:
    with answering(zone) as resolver:
        assert examine_mx(mailing("mx-letter.org"), resolver).verdict is verdict


def test_a_dns_that_does_not_answer_is_never_told_to_publish_what_may_be_there(dkim_file: Path) -> None:
    config = mailing(
        "silent-letter.org", delivery__dkim={"domain": "silent-letter.org", "selector": "s", "key_file": str(dkim_file)}
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        resolver = make_resolver(f"127.0.0.1:{deaf.getsockname()[1]}", timeout=0.2)
        found = [
            examine_spf(config, resolver),
            *examine_dmarc(config, resolver),
            examine_dkim(config, resolver),
            examine_mx(config, resolver),
        ]
    assert {one.said for one in found} == {"The DNS did not answer."}
    assert "Publish" not in str(found)


@pytest.mark.parametrize("nameserver", ["9.9.9.9.9", "dns.letter.org", "9.9.9.9:many"])
def test_a_name_server_has_to_be_an_address(nameserver: str) -> None:
    with pytest.raises(UsageError, match="is not an IP address"):
        make_resolver(nameserver, timeout=1)


@pytest.mark.parametrize(
    ("nameserver", "host", "port"),
    [("9.9.9.9", "9.9.9.9", 53), ("127.0.0.1:5353", "127.0.0.1", 5353), ("::1", "::1", 53), ("[::1]:5353", "::1", 5353)],
)
def test_a_name_server_may_have_a_port(nameserver: str, host: str, port: int) -> None:
    resolver = make_resolver(nameserver, timeout=1)
    assert (str(resolver.nameservers[0]), resolver.port) == (host, port)
