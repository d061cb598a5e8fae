"""Asking about trials after the approval and after the send, and whom that tells of what, on every database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection

from newsletter.authoring.trial import Trial, TrialContact, TrialSite
from newsletter.checking.trials import TrialAnswer
from newsletter.config import Config
from newsletter.delivery.alerts import post_alerts
from newsletter.postbox.models import Notice, ServiceMail
from newsletter.postbox.posting import ServiceContent, open_content
from newsletter.publishing.alerts import post_occasion
from newsletter.publishing.calendar import schedule_issue
from newsletter.publishing.models import Candidate, Slot, SlotState, TrialStanding
from newsletter.publishing.slots import move_slot
from newsletter.publishing.trial_alerts import find_trial_occasions
from newsletter.publishing.trial_standings import RETRY_AFTER, answer_of
from newsletter.publishing.trial_watch import TrialsWatched, answers_needed_since, watch_trials
from newsletter.settings import Person
from tests.contract.publishing.samples import (
    CADENCE,
    ISSUE,
    NOW,
    SLOT_AT,
    TRIAL,
    Files,
    approve_as,
    approve_fully,
    make_edition,
    make_issue,
    make_lock,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
OPEN = make_lock().trials[TRIAL]
CLOSED = replace(OPEN, status="ACTIVE_NOT_RECRUITING", sites=())
PEOPLE = {
    "sam": Person(name="Sam Example", address="sam@metsmatters.example", roles=("editor",)),
    "ines": Person(name="Inés Ejemplo", address="ines@metsmatters.example", roles=("editor",), language="es"),
    "maria": Person(name="Maria Example", address="maria@metsmatters.example", roles=("medical",)),
    "ada": Person(name="Ada Example", address="ada@metsmatters.example", roles=("publisher",)),
}


def site(**trials: int) -> Config:
    known: Config = settings.NEWSLETTER
    return known.model_copy(update={"people": PEOPLE, "trials": known.trials.model_copy(update=trials)})


@dataclass
class Registry:
    """What the registry knows, and what it was asked; an answer that is text is why it could not be checked."""

    knows: dict[str, Trial | str | None] = field(default_factory=lambda: {TRIAL: OPEN})
    asked: list[list[str]] = field(default_factory=list)

    def ask(self, nct_ids: Sequence[str]) -> list[TrialAnswer]:
        assert not connection.savepoint_ids, "it is asked with no transaction open but the test's own"
        self.asked.append(list(nct_ids))
        return [self._answer(nct_id) for nct_id in nct_ids]

    def _answer(self, nct_id: str) -> TrialAnswer:
        known = self.knows.get(nct_id)
        return TrialAnswer(nct_id, problem=known) if isinstance(known, str) else TrialAnswer(nct_id, found=known)


@pytest.fixture
def registry() -> Registry:
    return Registry()


def watch(registry: Registry, now: datetime, config: Config | None = None) -> TrialsWatched:
    return watch_trials(config or site(), lambda: now, registry.ask)


def schedule(issue: str = ISSUE, at: datetime = SLOT_AT) -> Slot:
    return schedule_issue(issue, at, cadence=CADENCE, person="ada", now=NOW, system_user="tester")


def release(slot: Slot, candidate: Candidate) -> None:
    assert move_slot(slot.pk, expected=SlotState.SCHEDULED, to=SlotState.RELEASED, candidate=candidate)


def files_of(issue: str, cards: Mapping[str, str], *trials: Trial) -> Files:
    lock = replace(make_lock(), trials={trial.nct_id: trial for trial in trials or (OPEN,)})
    issues = tuple(replace(make_issue(language, cards=cards, name=issue), lock=lock) for language in ("en", "es"))
    return Files(issues=issues, editions=(make_edition("en", issue), make_edition("es", issue)))


def standing(nct_id: str = TRIAL) -> TrialStanding:
    return TrialStanding.objects.get(nct_id=nct_id)


@pytest.fixture
def approved() -> Slot:
    approve_fully()
    return schedule()


@pytest.fixture
def gone_out() -> Slot:
    slot = schedule()
    release(slot, approve_fully().candidate)
    return slot


# Who is asked about, and when


@pytest.mark.usefixtures("approved")
def test_a_trial_of_an_approved_issue_is_asked_about_once_a_day(registry: Registry) -> None:
    for hours in (1, 2, 20, 24):
        watch(registry, NOW + timedelta(hours=hours))
    assert registry.asked == [[TRIAL]]
    watch(registry, NOW + timedelta(hours=26))
    assert registry.asked == [[TRIAL]] * 2


def test_an_issue_is_watched_from_both_approvals_on_and_within_the_weeks_before_its_slot(registry: Registry) -> None:
    slot = schedule()
    approve_as("sam", "editor")
    watch(registry, NOW + DAY)
    assert registry.asked == []
    approve_as("maria", "medical")
    watch(registry, NOW + DAY, site(watch_weeks=1))
    assert registry.asked == []
    watch(registry, slot.at - WEEK, site(watch_weeks=1))
    assert registry.asked == [[TRIAL]]


@pytest.mark.usefixtures("gone_out")
def test_a_trial_of_an_issue_that_went_out_is_asked_about_once_a_week(registry: Registry) -> None:
    watch(registry, SLOT_AT + timedelta(hours=1))
    for days in range(1, 7):
        watch(registry, SLOT_AT + days * DAY)
    assert len(registry.asked) == 1
    watch(registry, SLOT_AT + timedelta(days=7, hours=2))
    assert len(registry.asked) == 2


def test_what_the_registry_says_of_an_issue_that_has_just_gone_out_is_asked_at_once(registry: Registry, approved: Slot) -> None:
    watch(registry, SLOT_AT - timedelta(hours=5))
    release(approved, Candidate.objects.get())
    watch(registry, SLOT_AT + timedelta(minutes=1))
    assert len(registry.asked) == 2


def test_the_last_issues_and_their_corrections_are_looked_after_and_no_others(registry: Registry) -> None:
    for number in range(4):
        trial = replace(OPEN, nct_id=f"NCT0999010{number}")
        release(schedule(f"2026-0{number + 1}", SLOT_AT + number * WEEK), candidate_of(f"2026-0{number + 1}", trial))
    corrected = Candidate.objects.get(issue="2026-03")
    trial = replace(OPEN, nct_id="NCT09990109")
    correction = candidate_of("2026-03-correction", trial)
    Candidate.objects.filter(pk=correction.pk).update(corrects=corrected.issue)
    release(schedule(correction.issue, SLOT_AT + 5 * WEEK), correction)
    watch(registry, SLOT_AT + 6 * WEEK, site(issues_looked_after=2))
    assert registry.asked == [["NCT09990102", "NCT09990103", "NCT09990109"]]
    assert answers_needed_since(site(issues_looked_after=0), SLOT_AT + 6 * WEEK) == {}


def candidate_of(issue: str, trial: Trial, card: str = "open") -> Candidate:
    return approve_fully(files_of(issue, {trial.nct_id: card}, trial)).candidate


def test_a_card_that_was_closed_when_it_went_out_is_not_asked_about(registry: Registry) -> None:
    release(schedule(), candidate_of(ISSUE, CLOSED, "closed"))
    watch(registry, SLOT_AT + DAY)
    assert registry.asked == []


def test_trials_of_several_issues_are_asked_about_in_one_go(registry: Registry) -> None:
    other = replace(OPEN, nct_id="NCT09990002")
    registry.knows["NCT09990002"] = other
    release(schedule("2026-10", SLOT_AT - DAY), candidate_of("2026-10", other))
    approve_fully()
    schedule()
    watched = watch(registry, NOW + DAY)
    assert registry.asked == [[TRIAL, "NCT09990002"]]
    assert watched == TrialsWatched(2, "")


@pytest.mark.usefixtures("gone_out")
@pytest.mark.parametrize(
    "silence", ["the registry asks us to come back later (429).", replace(OPEN, status="A_NEW_WORD")], ids=["problem", "new-word"]
)
def test_what_could_not_be_checked_changes_nothing_and_is_asked_again_after_hours(
    registry: Registry, silence: Trial | str
) -> None:
    watch(registry, SLOT_AT)
    before = standing()
    registry.knows[TRIAL] = silence
    again = SLOT_AT + WEEK + DAY
    watched = watch(registry, again)
    assert watched.asked == 1
    assert watched.problem.startswith("1 of 1 trials could not be checked")
    after = standing()
    assert (after.status, after.since, after.facts, after.closed_since, after.answered_at) == (
        before.status,
        before.since,
        before.facts,
        before.closed_since,
        before.answered_at,
    )
    assert after.asked_at == again
    assert watch(registry, again + timedelta(minutes=10)).asked == 0
    registry.knows[TRIAL] = OPEN
    assert watch(registry, again + RETRY_AFTER) == TrialsWatched(1, "")
    assert standing().answered_at == again + RETRY_AFTER


@pytest.mark.usefixtures("gone_out")
def test_a_process_that_died_while_it_asked_leaves_the_trial_to_a_later_look(registry: Registry) -> None:
    def die(_: Sequence[str]) -> list[TrialAnswer]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch_trials(site(), lambda: SLOT_AT, die)
    assert watch(registry, SLOT_AT + timedelta(hours=1)).asked == 0
    assert watch(registry, SLOT_AT + RETRY_AFTER).asked == 1
    assert standing().status == "RECRUITING"


@pytest.mark.usefixtures("gone_out")
def test_an_answer_that_comes_after_a_later_look_was_claimed_is_not_written_down(registry: Registry) -> None:
    late = SLOT_AT + timedelta(days=1)

    def sleep_over_it(nct_ids: Sequence[str]) -> list[TrialAnswer]:
        registry.knows[TRIAL] = CLOSED
        watch(registry, late)
        registry.knows[TRIAL] = OPEN
        return registry.ask(nct_ids)

    watch_trials(site(), lambda: SLOT_AT, sleep_over_it)
    assert (standing().status, standing().answered_at) == ("ACTIVE_NOT_RECRUITING", late)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("gone_out")
def test_of_two_schedulers_one_asks() -> None:
    registry, together = Registry(), Barrier(2)

    def look(_: int) -> int:
        try:
            together.wait()
            return watch(registry, SLOT_AT + DAY).asked
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as schedulers:
        assert sorted(schedulers.map(look, range(2))) == [0, 1]
    assert registry.asked == [[TRIAL]]


@pytest.mark.usefixtures("gone_out")
def test_what_is_known_says_since_when_and_holds_what_the_registry_said(registry: Registry) -> None:
    first, second, third, fourth = (SLOT_AT + number * (WEEK + DAY) for number in range(4))
    watch(registry, first)
    assert (standing().status, standing().since, standing().closed_since) == ("RECRUITING", first, None)
    registry.knows[TRIAL] = CLOSED
    watch(registry, second)
    watch(registry, third)
    closed = standing()
    assert (closed.since, closed.closed_since, closed.answered_at) == (second, second.date(), third)
    assert answer_of(closed) == TrialAnswer(TRIAL, CLOSED)
    registry.knows[TRIAL] = None
    watch(registry, fourth)
    assert (standing().status, answer_of(standing())) == ("absent", TrialAnswer(TRIAL))
    assert standing().closed_since == second.date()


def test_facts_that_another_version_wrote_down_say_nothing() -> None:
    written = TrialStanding(nct_id=TRIAL, status="RECRUITING", facts={"version": 1, "trials": {}})
    assert answer_of(written) is None
    assert answer_of(TrialStanding(nct_id=TRIAL, status="RECRUITING")) is None


# Whom it tells of what


def told(now: datetime, config: Config | None = None) -> list[ServiceContent]:
    """Look once for what there is to tell, and give the mails about trials."""
    known = set(ServiceMail.objects.values_list("pk", flat=True))
    post_alerts(config or site(), now)
    new = ServiceMail.objects.exclude(pk__in=known).filter(kind="alert-trials").order_by("pk")
    return [open_content(mail.key, mail.content) for mail in new]


Days = Callable[[Trial | str | None], list[ServiceContent]]


@pytest.fixture
def days(registry: Registry, approved: Slot) -> Days:
    """Let a day pass on which the registry says this of the trial; give the mails of that day."""
    moments = iter(NOW + (number + 1) * timedelta(hours=25) for number in range(9))

    def pass_by(says: Trial | str | None) -> list[ServiceContent]:
        registry.knows[TRIAL] = says
        now = next(moments)
        assert now < approved.at
        watch(registry, now)
        mails = [mail for minutes in range(3) for mail in told(now + timedelta(minutes=minutes))]
        assert registry.asked
        return mails

    return pass_by


def test_a_trial_that_closes_after_the_approval_is_told_to_the_editors_once(days: Days) -> None:
    assert days(OPEN) == []
    english, spanish = sorted(days(CLOSED), key=lambda mail: mail.language)
    assert (english.address, spanish.address) == (PEOPLE["sam"].address, PEOPLE["ines"].address)
    assert english.subject == "Something in issue 2026-12 has changed since it was approved"
    assert f"{TRIAL}, A study of something" in english.text
    assert "Active, not recruiting" in english.text
    assert "this stops the issue on its day" in english.text
    for command in (
        f"newsletter trials close {ISSUE} {TRIAL}",
        f"newsletter trials drop {ISSUE} {TRIAL}",
        f"newsletter trials refresh {ISSUE}",
        f"newsletter approve {ISSUE} --role editor --as sam",
        f"newsletter request-review {ISSUE}",
    ):
        assert command in english.text
    assert spanish.subject == "Algo del número 2026-12 ha cambiado desde que se aprobó"
    assert days(CLOSED) == []
    assert days(replace(CLOSED, verified="2026-11", last_update="2026-11-22", data_version="2026-11-22")) == []


NEW_SITE = replace(OPEN, sites=(*OPEN.sites, TrialSite("Clinic", "Boston", "Massachusetts", "United States")))
NEW_PHONE = replace(OPEN, contacts=(TrialContact("Dr. Who", "+1 212 555 0100", "", ""),))


@pytest.mark.parametrize(
    "change",
    [
        CLOSED,
        replace(OPEN, status="NOT_YET_RECRUITING"),
        replace(OPEN, status="SUSPENDED", why_stopped="Drug supply"),
        NEW_SITE,
        replace(OPEN, sites=()),
        NEW_PHONE,
        replace(OPEN, contacts=(TrialContact(email="ask@trial.example"),)),
        replace(OPEN, why_stopped="Slow recruitment"),
        None,
    ],
    ids=["closed", "not-yet", "suspended", "new-site", "site-gone", "phone", "e-mail", "why", "absent"],
)
def test_every_change_that_readers_would_need_is_told_once(days: Days, change: Trial | None) -> None:
    assert len(days(change)) == 2
    assert days(change) == []


def test_what_does_not_stop_the_issue_is_not_said_to(days: Days) -> None:
    [mail, _] = days(NEW_SITE)
    assert "stops the issue" not in mail.text
    assert "newsletter trials close" not in mail.text
    assert f"newsletter trials refresh {ISSUE}" in mail.text


def test_a_further_change_is_told_and_one_that_went_back_is_not(days: Days) -> None:
    assert len(days(NEW_SITE)) == 2
    assert days(OPEN) == []
    assert days(NEW_SITE) == []
    assert len(days(CLOSED)) == 2
    assert len(days(NEW_SITE)) == 2, "the editors believe that it is closed"
    assert days("403") == []


def test_sites_in_another_order_are_no_change(days: Days) -> None:
    assert len(days(NEW_SITE)) == 2
    assert days(replace(NEW_SITE, sites=NEW_SITE.sites[::-1])) == []


def test_what_could_not_be_checked_is_told_to_nobody(days: Days) -> None:
    assert days("the registry refused to answer (403).") == []
    assert days(replace(OPEN, status="A_NEW_WORD")) == []


def test_one_mail_tells_of_all_trials_of_an_issue_and_the_next_only_of_what_is_new(registry: Registry) -> None:
    second, third = (replace(OPEN, nct_id=f"NCT0999000{number}", brief_title=f"Study {number}") for number in (2, 3))
    cards = dict.fromkeys([TRIAL, second.nct_id, third.nct_id], "open")
    approve_fully(files_of(ISSUE, cards, OPEN, second, third))
    schedule()
    registry.knows |= {TRIAL: CLOSED, second.nct_id: CLOSED_SECOND, third.nct_id: third}
    watch(registry, NOW + DAY)
    [mail, _] = told(NOW + DAY)
    assert (TRIAL in mail.text, second.nct_id in mail.text, third.nct_id in mail.text) == (True, True, False)
    registry.knows[third.nct_id] = replace(third, status="COMPLETED")
    watch(registry, NOW + 3 * DAY)
    [mail, _] = told(NOW + 3 * DAY)
    assert (TRIAL in mail.text, second.nct_id in mail.text, third.nct_id in mail.text) == (False, False, True)


CLOSED_SECOND = replace(CLOSED, nct_id="NCT09990002", brief_title="Study 2")


@pytest.mark.usefixtures("approved")
def test_an_answer_from_before_the_approval_is_not_held_against_it(registry: Registry) -> None:
    registry.knows[TRIAL] = NEW_SITE
    watch(registry, NOW + DAY)
    refreshed = files_of(ISSUE, {TRIAL: "open"}, NEW_PHONE)
    later = NOW + DAY + timedelta(hours=5)
    approve_fully(refreshed, now=later)
    assert told(later) == []
    registry.knows[TRIAL] = NEW_PHONE
    assert watch(registry, later + timedelta(minutes=1)).asked == 1, "it is asked about anew at once"
    assert told(later + timedelta(minutes=1)) == []


@pytest.mark.usefixtures("approved")
def test_a_new_candidate_is_told_of_anew(registry: Registry) -> None:
    registry.knows[TRIAL] = CLOSED
    watch(registry, NOW + DAY)
    assert len(told(NOW + DAY)) == 2
    approve_fully(Files().edited(title="Another title"), now=NOW + 2 * DAY)
    watch(registry, NOW + 3 * DAY)
    assert len(told(NOW + 3 * DAY)) == 2


def test_nothing_is_told_of_an_issue_once_it_went_out(registry: Registry, approved: Slot) -> None:
    registry.knows[TRIAL] = CLOSED
    watch(registry, NOW + DAY)
    release(approved, Candidate.objects.get())
    assert told(NOW + DAY) == []


@pytest.mark.usefixtures("approved")
def test_what_somebody_else_has_told_meanwhile_is_not_told_with_the_rest(registry: Registry) -> None:
    registry.knows[TRIAL] = CLOSED
    watch(registry, NOW + DAY)
    [occasion] = find_trial_occasions(site(), NOW + DAY)
    Notice.objects.create(key="told-by-another", at=NOW)
    assert post_occasion(replace(occasion, more_keys=["told-by-another"]), config=site(), now=NOW + DAY) == 0
    assert len(told(NOW + DAY)) == 2, "the next look tells of it"


@pytest.mark.usefixtures("approved")
def test_before_anybody_asked_nothing_is_told() -> None:
    assert list(find_trial_occasions(site(), NOW + DAY)) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("approved")
def test_of_two_schedulers_one_tells(registry: Registry) -> None:
    registry.knows[TRIAL] = CLOSED
    watch(registry, NOW + DAY)
    together = Barrier(2)

    def look(_: int) -> int:
        try:
            together.wait()
            return post_alerts(site(), NOW + DAY).mails
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as schedulers:
        assert sum(schedulers.map(look, range(2))) == 2
    assert ServiceMail.objects.filter(kind="alert-trials").count() == 2
