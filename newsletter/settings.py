"""The sections of newsletter.toml: what may be set, and within which limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from newsletter.mistakes import matching


def _without_final_slash(url: str) -> str:
    return url.rstrip("/")


def _without_line_breaks(value: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ValueError("may not contain line breaks or control characters, since it stands in a mail header")
    return value


Url = Annotated[
    str, matching(r"https?://[^\s]+", "an address that begins with https:// or http://"), AfterValidator(_without_final_slash)
]
HeaderText = Annotated[str, Field(min_length=1), AfterValidator(_without_line_breaks)]
UserAgent = Annotated[
    str, matching(r"[!-~]([ -~]*[!-~])?", "a name in letters without accents, since it goes into a web request")
]
Address = Annotated[
    str, matching(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", "an e-mail address, such as editors@example.org")
]
Role = Literal["editor", "medical", "publisher"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewsletterSettings(_Section):
    """What the newsletter is called and what stands in every mail."""

    name: HeaderText
    organisation: HeaderText
    home_page: Url
    postal_address: str = Field(min_length=1)
    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    list_id: Annotated[str, matching(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "a name with a dot, such as letter.example.org")]
    from_name: HeaderText
    from_address: Address
    reply_to: Address
    helpline: HeaderText
    helpline_tel: Annotated[str, matching(r"\+[0-9]{7,15}", "a + and digits only, such as +18442757427")]


class Person(_Section):
    """Somebody who may approve, release or see addresses."""

    name: str = Field(min_length=1)
    address: Address
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    language: Annotated[str, matching(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", "a language such as en or es")] | None = None
    """Of the mails and pages that the program makes for them; the newsletter's first language, if not given."""


class Cadence(_Section):
    """When issues go out, in the words of APScheduler's CronTrigger; use names for weekdays, never numbers."""

    month: str
    day: str
    hour: Annotated[int, Field(ge=0, le=23)]
    minute: Annotated[int, Field(ge=0, le=59)] = 0
    timezone: str
    grace_hours: Annotated[float, Field(gt=0, le=72)] = 6

    @model_validator(mode="after")
    def _not_in_the_hour_that_clocks_skip_or_repeat(self) -> Cadence:
        if 1 <= self.hour < 3:
            raise ValueError("hour 1 and 2 are skipped or repeated when clocks change: choose 3 to 24")
        return self


class WebSettings(_Section):
    """Where readers reach us. ``base_url`` stands in every link of a mail."""

    base_url: Url
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    proxies: Annotated[int, Field(ge=0, le=5)] = 0
    """How many proxies of yours stand before this server: so many entries from the right of X-Forwarded-For are theirs."""


class SignUpSettings(_Section):
    """The public form for new readers, and how often it may be used."""

    open: bool = True
    """False takes the form down; staff can still add people."""
    per_address_a_day: Annotated[int, Field(ge=1, le=20)] = 3
    """Mails that one address is sent in a day because somebody typed it into a public form."""
    minutes_between: Annotated[int, Field(ge=1, le=1_440)] = 10
    """A second request for the same address within so many minutes sends nothing new."""
    per_network_an_hour: Annotated[int, Field(ge=1)] = 20
    """Requests from one network (IPv4 /24, IPv6 /48); more are answered the same and do nothing."""
    mails_an_hour: Annotated[int, Field(ge=1)] = 500
    """Mails that all public forms together may cause; what is asked for beyond that waits for its turn."""
    embed_origins: tuple[Url, ...] = ()
    """Sites whose pages may use the form by script, such as https://www.example.org."""


Days = Annotated[int, Field(ge=1, le=36_500)]


class RetentionSettings(_Section):
    """For how many days what is kept; `newsletter purge` and the daily look forget the rest."""

    requests: Days = 2
    """What was typed into public forms, and the keyed hash of the network that it came from."""
    links: Days = 8
    """Mailed links, from the day they were made: the longest lives seven days."""
    service_mails: Days = 30
    """That a service mail was sent, and what became of it; what it said is forgotten as soon as it is gone."""
    ended: Days = 730
    """People who have left: then they are erased, and only the keyed hash stays."""
    deliveries: Days = 400
    """Who got which issue; the counts stay."""
    events: Days = 90
    """What providers reported, one by one; what follows from it stays with the delivery."""
    audit: Days = 1_825
    """Who of the newsletter's people did what."""
    backups: Days = 35
    """After so many days a backup file is to be deleted: what was erased is in it until then. Said on the privacy page."""
    backups_in: str = "var/backups"
    """The folder of your backups: `newsletter doctor` says which of them are too old."""


class DatabaseSettings(_Section):
    """``sqlite:///relative/or//absolute/path`` or ``postgresql://user:password@host/name``."""

    url: Annotated[str, matching(r"(?s)(sqlite:///|postgresql://).*", "an address that begins with sqlite:/// or postgresql://")]
    programs: Path | None = None
    """Of PostgreSQL: the folder of pg_dump and pg_restore, where they are not on PATH."""


class SmtpSettings(_Section):
    """A mail server that takes our mail."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    security: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password: SecretStr = SecretStr("")
    connections: Annotated[int, Field(ge=1, le=100)] = 10
    messages_per_connection: Annotated[int, Field(ge=1)] = 1000
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    final_timeout_seconds: Annotated[float, Field(gt=0)] | None = None
    """For the reply to a mail's final dot; ten times ``timeout_seconds`` where not given."""
    ca_file: str = ""
    per_minute: Annotated[int, Field(ge=0)] = 0
    """Mails a minute at most, over all connections and workers; 0 sets no limit."""


class SendgridSettings(_Section):
    """SendGrid's v3 API and its signed event webhook."""

    host: Url = "https://api.sendgrid.com"
    api_key: SecretStr = SecretStr("")
    webhook_public_key: str = ""
    sandbox: bool = False
    connections: Annotated[int, Field(ge=1, le=20)] = 2
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    ca_file: str = ""
    per_minute: Annotated[int, Field(ge=0)] = 0
    """Mails a minute at most, over all connections and workers; 0 sets no limit."""
    categories: Annotated[tuple[HeaderText, ...], Field(max_length=10)] = ()
    """Kept by SendGrid for long and in clear: they may name the newsletter, never a topic or a person."""
    in_doubt: Literal["events", "log", "cancel"] = "events"
    """How a call whose answer was lost is settled (docs/adr/0014)."""


class DkimSettings(_Section):
    """Signing our mail ourselves, where the mail server does not (RFC 6376). SendGrid signs for itself."""

    domain: Annotated[str, matching(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "a domain, such as example.org")]
    selector: Annotated[str, matching(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?", "a name, such as letter2026")]
    key_file: Path = Path("var/dkim.pem")


class ImapSettings(_Section):
    """A mailbox that bounces come to, read by IMAP over TLS."""

    host: HeaderText
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    username: str
    password: SecretStr = SecretStr("")
    folder: str = "INBOX"
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    ca_file: str = ""


class BounceSettings(_Section):
    """Where mail comes back to, and what is made of it.

    With ``address`` every letter's envelope sender is that address with the delivery's key: bounces+KEY@example.org.
    """

    address: Address | None = None
    maildir: Path | None = None
    imap: ImapSettings | None = None
    soft_in_a_row: Annotated[int, Field(ge=1)] = 3
    """After so many issues that bounced softly, one after the other, an address is suppressed."""


class AlertSettings(_Section):
    """What the publishers and editors are told by mail."""

    days_before_slot: tuple[Annotated[int, Field(ge=0, le=60)], ...] = (14, 7, 2)
    """Days before a slot without an approved candidate."""


class DeliverySettings(_Section):
    """How mail leaves. The default leaves nothing: ``outbox`` is a Maildir under var/."""

    transport: Literal["outbox", "smtp", "sendgrid"] = "outbox"
    outbox: Path = Path("var/outbox")
    envelope_from: Address | None = None
    lease_seconds: Annotated[float, Field(gt=0)] = 10
    attempts: Annotated[int, Field(ge=1)] = 4
    quiet_hours: Annotated[
        str,
        matching(r"(([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9])?", "two times of the day, such as 21:00-08:00"),
    ] = ""
    """Nothing is begun between these two times of the cadence's time zone."""
    spread_minutes: Annotated[float, Field(ge=0, le=10_080)] = 0
    """A send is spread evenly over so many minutes; 0 sends as fast as the transport takes it."""
    resume_within_hours: Annotated[float, Field(gt=0)] = 72
    """A send that stood still for longer is paused until a person has looked."""
    pause_after_policy_refusals: Annotated[int, Field(ge=1)] = 10
    """In a row: refusals for what we are pause the send."""
    pause_after_refusals: Annotated[int, Field(ge=1)] = 30
    """In a row: refusals of any kind that is for good pause the send."""
    pause_when_failed_percent: Annotated[float, Field(gt=0, le=100)] = 5
    """Of those handed over so far, once fifty have failed."""
    smtp: SmtpSettings = SmtpSettings()
    sendgrid: SendgridSettings = SendgridSettings()
    dkim: DkimSettings | None = None
    bounces: BounceSettings = BounceSettings()

    @model_validator(mode="after")
    def _quiet_hours_have_an_end(self) -> DeliverySettings:
        begin, _, end = self.quiet_hours.partition("-")
        if begin and begin == end:
            raise ValueError("quiet_hours begin and end at the same time: nothing would ever be sent; leave them out for none")
        return self


class TrialSettings(_Section):
    """The trial registry, ClinicalTrials.gov's API v2 or something that speaks it."""

    base_url: Url = "https://clinicaltrials.gov/api/v2"
    user_agent: UserAgent = "mets-matters-newsletter (trial status check before sending)"
    timeout_seconds: Annotated[float, Field(gt=0)] = 20
    country: str = "United States"
    """As the registry writes it. Where no site of a trial recruits in it, the editors are warned."""
    verified_within_months: Annotated[int, Field(ge=1)] = 12
    """A sponsor who has not verified a record for longer is worth a call: a warning."""
    watch_weeks: Annotated[int, Field(ge=0)] = 6
    """So many weeks before a slot its trials are asked about every day, and the editors hear of changes since the approval."""
    issues_looked_after: Annotated[int, Field(ge=0)] = 6
    """The trials of so many issues that went out are asked about once a week, and their pages say which have closed."""


class FeedSettings(_Section):
    """Limits for fetching feeds."""

    max_bytes: Annotated[int, Field(gt=0)] = 5_000_000
    timeout_seconds: Annotated[float, Field(gt=0)] = 20
    at_once: Annotated[int, Field(ge=1, le=16)] = 4
    """So many feeds at the same time."""
    seconds_for_all: Annotated[float, Field(gt=0)] = 300
    """After so long no further feed is begun."""
    user_agent: UserAgent = "mets-matters-newsletter (feed reader)"
    private_hosts: tuple[str, ...] = ()
    """Hosts of yours in a private network that may be asked; any other that leads to one is refused."""


class LinkSettings(_Section):
    """Looking whether the links of an issue lead somewhere."""

    ask: bool = True
    """False where this machine has no way out: then no link is looked at."""
    timeout_seconds: Annotated[float, Field(gt=0)] = 15
    """For one link, redirects included."""
    at_once: Annotated[int, Field(ge=1, le=64)] = 16
    """So many links at the same time, of which two at most on one host."""
    user_agent: UserAgent = "mets-matters-newsletter (link check)"
    private_hosts: tuple[str, ...] = ()
    """Hosts of yours in a private network that may be asked."""
    accept: tuple[str, ...] = ()
    """Addresses that turn programs away and that a person has opened: not asked again."""


class SeverityChange(_Section):
    """How much a rule of the checks matters to this newsletter, and why it was decided so."""

    severity: Literal["error", "warning", "notice", "off"]
    """How much the rule weighs here."""
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    """Why, for whoever reads the settings later."""


class CheckSettings(_Section):
    """Limits of the checks, and the rules that matter more or less here than elsewhere."""

    max_html_bytes: Annotated[int, Field(gt=0)] = 102_000
    """Gmail clips a longer message."""
    severity: dict[str, SeverityChange] = {}
    """By the ids of rules, which are looked at where the checks are run."""
