"""The same mail as most programs send it by SendGrid: its library's helper classes and its own client, a call a group."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sendgrid import SendGridAPIClient
from sendgrid.helpers import mail as helper

from newsletter.delivery.transports.port import Answer, AnswerKind
from newsletter.delivery.transports.sendgrid_request import CUSTOM_ARGUMENT, NO_LINK, SendgridForm
from newsletter.rendering.mail_headers import kind_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.delivery.letters import Letter, LetterForm
    from newsletter.delivery.mailbag import Mailbag
    from newsletter.delivery.transports.port import AnswerGroup, AnswerSink


class HelperTransport:
    """A transport like ours, so that both run on the same ledger.

    What is the same for everybody is made once, and the ledger is told of a group at once: it differs in how a call is written
    and made, and in nothing else.
    """

    name = "sendgrid"
    group = 1_000

    def __init__(self, url: str, *, connections: int) -> None:
        self._client = SendGridAPIClient("SG.benchmark", host=url)
        self._client.client.timeout = 30
        self.lanes = self.batches_at_once = connections
        self.answer_group: AnswerGroup | None = None
        self._forms: dict[LetterForm, tuple[SendgridForm, dict[str, str]]] = {}

    async def run_lane(self, bag: Mailbag, *, answer: AnswerSink) -> None:
        """Send groups until the bag is empty."""
        while letters := await bag.take(self.group):
            response = await asyncio.to_thread(self.post, letters)
            assert response == 202
            if self.answer_group is not None:
                self.answer_group(letters, Answer(AnswerKind.ACCEPTED))
                continue
            for letter in letters:
                answer(letter, Answer(AnswerKind.ACCEPTED))

    def post(self, letters: Sequence[Letter]) -> int:
        """Make one call for a group of letters of one form."""
        form, headers = self._known(letters[0].form)
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
            mail.add_personalization(_personalization(form, headers, letter))
        status: int = self._client.send(mail).status_code
        return status

    def _known(self, form: LetterForm) -> tuple[SendgridForm, dict[str, str]]:
        if form not in self._forms:
            self._forms[form] = (SendgridForm(form, sandbox=False), kind_headers(form.headers, NO_LINK))
        return self._forms[form]


def _personalization(form: SendgridForm, same_headers: dict[str, str], letter: Letter) -> helper.Personalization:
    person = helper.Personalization()
    person.add_to(helper.To(letter.address))
    personal_headers = {"List-Unsubscribe": f"<{letter.personal.unsubscribe_url}>", "Message-ID": letter.message_id}
    for name, value in {**same_headers, **personal_headers}.items():
        person.add_header(helper.Header(name, value))
    for tag, value in form.substitutions(letter.personal).items():
        person.add_substitution(helper.Substitution(tag, value))
    person.add_custom_arg(helper.CustomArg(CUSTOM_ARGUMENT, letter.key))
    return person
