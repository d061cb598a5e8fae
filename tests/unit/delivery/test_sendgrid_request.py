"""Our request is the one that SendGrid's own library would write, and nothing of a person's slips out of its place in it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sendgrid.helpers import mail as helper

from newsletter.delivery.letters import Letter, LetterForm
from newsletter.delivery.transports.sendgrid_limits import faults_of_request
from newsletter.delivery.transports.sendgrid_request import END, Schedule, SendgridForm
from newsletter.rendering.edition import Edition
from newsletter.rendering.merge import Personal
from tests.contract.delivery.samples import HEADERS, NOW, edition, letter, letter_form, letters

SCHEDULE = Schedule("HkJ5yLYULb7Rj8GKSx7u025ouWVlMgAi", 1_800_000_000)


def body(sent: list[Letter], schedule: Schedule | None = None, **form: Any) -> dict[str, Any]:
    made = SendgridForm(sent[0].form, **{"sandbox": False, **form})
    written: dict[str, Any] = orjson.loads(made.body([made.personalization(one) for one in sent], schedule))
    return written


def person_of(one: Letter) -> dict[str, Any]:
    written: dict[str, Any] = orjson.loads(SendgridForm(one.form, sandbox=False).personalization(one) + END)
    return written


def written_by_the_library(ours: dict[str, Any]) -> dict[str, Any]:
    """Put what our request says into the library's classes and give what they write."""
    [text, html] = ours["content"]
    mail = helper.Mail(
        from_email=helper.From(ours["from"]["email"], ours["from"]["name"]),
        subject=ours["subject"],
        plain_text_content=text["value"],
        html_content=html["value"],
    )
    mail.reply_to = helper.ReplyTo(ours["reply_to"]["email"])
    mail.tracking_settings = helper.TrackingSettings(
        click_tracking=helper.ClickTracking(enable=False, enable_text=False),
        open_tracking=helper.OpenTracking(enable=False),
        subscription_tracking=helper.SubscriptionTracking(enable=False),
        ganalytics=helper.Ganalytics(enable=False),
    )
    sandbox = ours["mail_settings"]["sandbox_mode"]["enable"]
    mail.mail_settings = helper.MailSettings(sandbox_mode=helper.SandBoxMode(enable=sandbox))
    for category in ours.get("categories", ()):
        mail.add_category(helper.Category(category))
    if "send_at" in ours:
        mail.send_at = helper.SendAt(ours["send_at"])
        mail.batch_id = helper.BatchId(ours["batch_id"])
    for person in ours["personalizations"]:
        personalization = helper.Personalization()
        personalization.add_to(helper.To(person["to"][0]["email"]))
        for name, value in person["headers"].items():
            personalization.add_header(helper.Header(name, value))
        for tag, value in person["substitutions"].items():
            personalization.add_substitution(helper.Substitution(tag, value))
        for name, value in person["custom_args"].items():
            personalization.add_custom_arg(helper.CustomArg(name, value))
        mail.add_personalization(personalization)
    written: dict[str, Any] = mail.get()
    return written


@pytest.mark.parametrize("sandbox", [True, False])
@pytest.mark.parametrize("categories", [(), ("newsletter", "bimonthly")])
@pytest.mark.parametrize("schedule", [None, SCHEDULE])
def test_the_request_is_what_sendgrids_library_writes(
    schedule: Schedule | None, categories: tuple[str, ...], *, sandbox: bool
) -> None:
    form = letter_form()
    sent = [letter(1, form), letter(2, form, first_name=""), letter(3, form, first_name='<Ana "&" José>')]
    ours = body(sent, schedule, sandbox=sandbox, categories=categories)
    theirs = written_by_the_library(ours)
    assert {"categories" in ours, "categories" in theirs} == {bool(categories)}
    assert {"batch_id" in ours, "send_at" in theirs} == {schedule is not None}

    def by_address(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(people, key=lambda person: str(person["to"]))

    # The library puts what is added later before what was added earlier.
    assert sorted(theirs.pop("categories", [])) == sorted(ours.pop("categories", []))
    assert by_address(theirs.pop("personalizations")) == by_address(ours.pop("personalizations"))
    assert theirs == ours


TEXT = st.text(max_size=40)


@given(first_name=TEXT, manage=TEXT, leave=st.text("abc&?=/'-._~", max_size=30), key=st.text("0123456789abcdef", min_size=32))
def test_what_is_written_as_text_is_what_a_serialiser_writes(first_name: str, manage: str, leave: str, key: str) -> None:
    """Both ways of writing a person's part are one: the quick one by a template, and the careful one by dictionaries."""
    form = letter_form()
    personal = Personal(first_name, "reader1@example.org", f"https://example.org/m/{manage}", f"https://example.org/u/{leave}")
    one = Letter(1, key[:32], form, personal, NOW)
    made = SendgridForm(form, sandbox=False)
    written = orjson.loads(made.personalization(one) + END)
    assert written == made._person(one)
    assert written["to"] == [{"email": "reader1@example.org"}]
    assert written["headers"]["Message-ID"] == one.message_id
    assert set(written) == {"to", "headers", "substitutions", "custom_args"}


@pytest.mark.parametrize(
    "name", ['"},"bcc":[{"email":"eve@example.org"}],"x":{"', "A\\", "A\u0000B", "\ud800", "%s%d", "A\u2028B", "🙂"]
)
def test_no_name_breaks_out_of_its_place(name: str) -> None:
    written = person_of(letter(1, letter_form(), first_name=name))
    assert set(written) == {"to", "headers", "substitutions", "custom_args"}
    assert written["to"] == [{"email": "reader1@example.org"}]
    [shown] = {value for tag, value in written["substitutions"].items() if tag.endswith("first_name_0_text-")}
    assert shown == {"A\u0000B": "A B", "\ud800": "?"}.get(name, name)


@pytest.mark.parametrize("tag", ["first_name_0_text-", "first_name_0_html-", "unsubscribe_url_2_html-"])
def test_no_name_stands_for_another_value(tag: str) -> None:
    """SendGrid may look for tags in what it has put in already, and the values of the text part are not escaped."""
    one = letter(1, letter_form(), first_name=f"-mm_{tag}<b>Ana</b>")
    [_, part] = SendgridForm(one.form, sandbox=False).constant["content"]
    shown = part["value"]
    for written, value in person_of(one)["substitutions"].items():
        shown = shown.replace(written, value)
    assert f"{tag}&lt;b&gt;Ana&lt;/b&gt;" in shown
    assert "<b>" not in shown
    assert shown.count("Ana") == 1


def test_a_request_breaks_none_of_sendgrids_limits() -> None:
    made = SendgridForm(letter_form(), sandbox=False, categories=("newsletter",))
    content = made.body([made.personalization(one) for one in letters(1_000)], SCHEDULE)
    assert faults_of_request(orjson.loads(content), size=len(content), now=SCHEDULE.send_at - 1_800) == []


def test_all_tracking_is_off_and_nothing_names_the_issue_or_a_reader_to_sendgrid() -> None:
    ours = body(letters(3))
    assert all(setting["enable"] is False for setting in ours["tracking_settings"].values())
    assert "categories" not in ours
    assert [person["custom_args"] for person in ours["personalizations"]] == [{"delivery": one.key} for one in letters(3)]
    assert all(person["to"] == [{"email": one.address}] for person, one in zip(ours["personalizations"], letters(3), strict=True))


def test_a_call_that_can_be_called_back_is_named_to_everybody_in_it() -> None:
    ours = body(letters(3), SCHEDULE)
    assert (ours["batch_id"], ours["send_at"]) == (SCHEDULE.batch_id, SCHEDULE.send_at)
    assert {person["custom_args"]["call"] for person in ours["personalizations"]} == {SCHEDULE.batch_id}


def test_a_link_that_cannot_stand_in_a_header_is_refused_and_named_to_nobody() -> None:
    personal = Personal("Ana", "ana@example.org", "https://example.org/m/1", "https://example.org/u/ 1")
    with pytest.raises(ValueError, match="cannot stand in a mail header"):
        SendgridForm(letter_form(), sandbox=False).personalization(Letter(1, "0" * 32, letter_form(), personal, NOW))


def test_a_link_longer_than_relays_leave_alone_is_refused() -> None:
    links = ["https://example.org/".ljust(length, "u") for length in (75, 76)]
    taken, refused = (Letter(1, "0" * 32, letter_form(), Personal("", "ana@example.org", link, link), NOW) for link in links)
    assert person_of(taken)["headers"]["List-Unsubscribe"] == f"<{links[0]}>"
    with pytest.raises(ValueError, match="77 octets"):
        person_of(refused)


def test_each_part_has_tags_of_its_own_so_that_only_html_values_are_escaped() -> None:
    substitutions = person_of(letter(1, letter_form(), first_name="A&B"))["substitutions"]
    assert {tag.rpartition("_")[2]: value for tag, value in substitutions.items() if "first_name" in tag} == {
        "html-": "A&amp;B",
        "text-": "A&B",
    }


def test_a_tag_is_never_something_that_the_edition_says() -> None:
    said = edition()
    tricky = Edition(**{**vars(said), "html": said.html + "-mm_first_name_0_html- -mmm_", "assets": ()})
    form = LetterForm(tricky, HEADERS, "a@example.org", "example.org")
    html = SendgridForm(form, sandbox=False).constant["content"][1]["value"]
    for tag in person_of(letter(1, form))["substitutions"]:
        assert not tag.startswith(("-mm_", "-mmm_"))
    assert "-mm_first_name_0_html- -mmm_" in html


def test_the_fallback_of_a_name_stands_where_none_is_known() -> None:
    assert "friend" in person_of(letter(1, letter_form(), first_name=""))["substitutions"].values()


def test_personal_parts_over_the_limit_are_found_by_their_bytes() -> None:
    form = letter_form()
    made = SendgridForm(form, sandbox=False)
    for name, fault in (("é" * 2_400, False), ("é" * 2_500, True)):
        one = letter(1, form, first_name=name)
        assert bool(made.fault_of(made.personalization(one))) is fault
