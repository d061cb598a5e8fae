"""The same mail as most programs send it by SendGrid: its library's helper classes and its own client, a call a group."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sendgrid import SendGridAPIClient
from sendgrid.helpers import mail as helper

from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.delivery.transports.sendgrid_request import CUSTOM_ARGUMENT, SendgridForm
from newsletter.rendering.mail_headers import kind_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.delivery.letters import Letter
    from newsletter.delivery.mailbag import Mailbag
    from newsletter.delivery.transports.port import AnswerSink


class HelperTransport:
    """A transport like ours, so that both run on the same ledger."""

    name = "sendgrid"
    group = 1_000

    def __init__(self, url: str, *, connections: int) -> None:
        self._client = SendGridAPIClient("SG.benchmark", host=url)
        self._client.client.timeout = 30
        self.lanes = self.batches_at_once = connections

    async def run_lane(self, bag: Mailbag, *, answer: AnswerSink) -> None:
        """Send groups until the bag is empty."""
        while letters := await bag.take(self.group):
            response = await asyncio.to_thread(self.post, letters)
            assert response == 202
            for letter in letters:
                answer(letter, Answer(AnswerKind.ACCEPTED))

    def post(self, letters: Sequence[Letter]) -> int:
        """Make one call for a group of letters of one form."""
        form = SendgridForm(letters[0].form, sandbox=False)
        constant = form.constant
        [text, html] = constant["content"]
        mail = helper.Mail(
            from_email=helper.From(constant["from"]["email"], constant["from"]["name"]),
            subject=constant["subject"],
            plain_text_content=text["value"],
            html_content=html["value"],
        )
        mail.reply_to = helper.ReplyTo(constant["reply_to"]["email"])
        mail.tracking_settings = helper.TrackingSettings(
            click_tracking=helper.ClickTracking(enable=False, enable_text=False),
            open_tracking=helper.OpenTracking(enable=False),
            subscription_tracking=helper.SubscriptionTracking(enable=False),
            ganalytics=helper.Ganalytics(enable=False),
        )
        for letter in letters:
            mail.add_personalization(_personalization(form, letter))
        status: int = self._client.send(mail).status_code
        return status


def _personalization(form: SendgridForm, letter: Letter) -> helper.Personalization:
    person = helper.Personalization()
    person.add_to(helper.To(letter.address))
    headers = {**kind_headers(form.form.headers, letter.personal.unsubscribe_url), "Message-ID": letter.message_id}
    for name, value in headers.items():
        person.add_header(helper.Header(name, value))
    for tag, value in form.substitutions(letter.personal).items():
        person.add_substitution(helper.Substitution(tag, value))
    person.add_custom_arg(helper.CustomArg(CUSTOM_ARGUMENT, letter.key))
    return person
