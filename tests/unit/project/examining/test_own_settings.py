"""What the settings say of the organisation: its own, or still the example's."""

from __future__ import annotations

import pytest

from newsletter.project.examining.diagnosis import Diagnosis, Verdict, softened
from newsletter.project.examining.own_settings import examine_settings, is_of_this_machine, is_reserved
from tests.project_config import config_with

OWN: dict[str, object] = {
    "newsletter.postal_address": "Letter, 1 Broad Way, New York, NY 10004",
    "newsletter.list_id": "letter.metsletter.org",
    "newsletter.from_address": "letter@metsletter.org",
    "newsletter.reply_to": "editors@metsletter.org",
    "people.ada.address": "ada@metsletter.org",
    "people.sam.address": "sam@metsletter.org",
    "web.base_url": "https://n.metsletter.org",
}


def examine(**changes: object) -> dict[str, Diagnosis]:
    config = config_with(OWN | {name.replace("__", "."): value for name, value in changes.items()})
    return {one.check: one for one in examine_settings(config)}


def test_settings_of_ones_own_are_well() -> None:
    assert {one.verdict for one in examine().values()} == {Verdict.OK}


def test_the_settings_as_they_come_are_problems_to_mend() -> None:
    found = examine_settings(config_with())
    assert {one.verdict for one in found} == {Verdict.PROBLEM}
    assert all(one.mend for one in found)


def test_problems_that_harm_nobody_in_the_outbox_are_warnings() -> None:
    assert {softened(one).verdict for one in examine_settings(config_with())} == {Verdict.WARNING}


@pytest.mark.parametrize(
    ("change", "value", "check"),
    [
        ("newsletter__reply_to", "editors@example.org", "settings.sender"),
        ("delivery__bounces__address", "bounces@letter.test", "settings.sender"),
        ("people__ada__roles", ["editor"], "settings.people"),
        ("people__maria__roles", ["editor"], "settings.people"),
        ("people__ada__address", "ada@letter.example", "settings.people"),
        ("web__base_url", "http://n.metsletter.org", "settings.links"),
        ("web__base_url", "https://10.1.2.3", "settings.links"),
        ("web__base_url", "https://n.letter.example", "settings.links"),
    ],
)
def test_each_mistake_is_found(change: str, value: object, check: str) -> None:
    assert examine(**{change: value})[check].verdict is Verdict.PROBLEM


def test_one_person_in_both_approving_roles_is_too_few() -> None:
    one = {"name": "Ada", "address": "ada@metsletter.org", "roles": ["editor", "medical", "publisher"]}
    found = {found.check: found for found in examine_settings(config_with(OWN | {"people": {"ada": one}}))}
    assert "nobody gives both approvals" in found["settings.people"].said


@pytest.mark.parametrize(
    ("domain", "reserved"),
    [("example.org", True), ("mail.example.com", True), ("x.test", True), ("myexample.org", False), ("example.org.uk", False)],
)
def test_nobody_owns_the_examples_of_rfc_2606(domain: str, reserved: bool) -> None:  # noqa: FBT001 - pytest passes it
    assert is_reserved(domain) is reserved


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://[::1]/", True),
        ("http://localhost", True),
        ("https://192.168.1.4", True),
        ("https://n.metsletter.org", False),
        ("https://8.8.8.8", False),
    ],
)
def test_an_address_of_this_machine_leads_nowhere_from_outside(url: str, here: bool) -> None:  # noqa: FBT001 - pytest passes it
    assert is_of_this_machine(url) is here
