"""Our request is the one that SendGrid's own library would write."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sendgrid.helpers import mail as helper

from newsletter.delivery.letters import LetterForm
from newsletter.delivery.transports.sendgrid_request import SendgridForm, why_not_taken
from newsletter.rendering.edition import Edition
from tests.contract.delivery.samples import HEADERS, edition, letter, letters


def body(count: int = 3, *, sandbox: bool = False) -> dict[str, Any]:
    sent = letters(count)
    form = SendgridForm(sent[0].form, sandbox=sandbox)
    written: dict[str, Any] = orjson.loads(orjson.dumps(form.body([form.personalization(one) for one in sent])))
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
def test_the_request_is_what_sendgrids_library_writes(*, sandbox: bool) -> None:
    ours = body(sandbox=sandbox)
    theirs = written_by_the_library(ours)

    def by_address(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(people, key=lambda person: str(person["to"]))

    assert by_address(theirs.pop("personalizations")) == by_address(ours.pop("personalizations"))
    assert theirs == ours


def test_all_tracking_is_off_and_nothing_names_the_issue_or_a_reader_to_sendgrid() -> None:
    ours = body()
    assert all(setting["enable"] is False for setting in ours["tracking_settings"].values())
    assert "categories" not in ours
    assert [person["custom_args"] for person in ours["personalizations"]] == [{"delivery": one.key} for one in letters(3)]


def test_no_header_is_set_that_sendgrid_keeps_for_itself() -> None:
    reserved = "x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding to from subject reply-to cc bcc"
    for person in body()["personalizations"]:
        assert not {name.lower() for name in person["headers"]} & set(reserved.split())


def test_each_part_has_tags_of_its_own_so_that_only_html_values_are_escaped() -> None:
    sent = letters(1)[0]
    form = SendgridForm(sent.form, sandbox=False)
    substitutions = form.personalization(letter(1, sent.form, first_name="A&B"))["substitutions"]
    assert {tag.rpartition("_")[2]: value for tag, value in substitutions.items() if "first_name" in tag} == {
        "html-": "A&amp;B",
        "text-": "A&B",
    }


def test_a_tag_is_never_something_that_the_edition_says() -> None:
    said = edition()
    tricky = Edition(**{**vars(said), "html": said.html + "-mm_first_name_0_html- -mmm_", "assets": ()})
    form = SendgridForm(LetterForm(tricky, HEADERS, "a@example.org", "example.org"), sandbox=False)
    html = form.constant["content"][1]["value"]
    for tag in form.personalization(letter(1, form.form))["substitutions"]:
        assert not tag.startswith(("-mm_", "-mmm_"))
    assert "-mm_first_name_0_html- -mmm_" in html


def test_the_fallback_of_a_name_stands_where_none_is_known() -> None:
    form = letters(1)[0].form
    assert "friend" in SendgridForm(form, sandbox=False).personalization(letter(1, form, first_name=""))["substitutions"].values()


def test_the_limit_of_personal_parts_counts_bytes() -> None:
    assert why_not_taken({"substitutions": {"-a-": "é" * 4_999}}) != ""
    assert why_not_taken({"substitutions": {"-a-": "e" * 9_997}}) == ""
