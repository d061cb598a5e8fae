"""Asking ClinicalTrials.gov's API v2 about trials.

Trials are asked for by ``filter.ids`` and by path, never by ``query.*``: a query that holds only NCT ids ignores the filters,
and ``query.id`` finds other trials by a secondary id. Whatever is not plainly an answer is a problem ("could not check"),
never a verdict.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsletter.checking.trials import TrialAnswer
from newsletter.clock import Clock, system_clock
from newsletter.config import Config
from newsletter.errors import SourceError
from newsletter.settings import TrialSettings
from newsletter.sources.fetch import Fetched
from newsletter.sources.trials.answer_cache import AnswerCache
from newsletter.sources.trials.answers import RefusedNumberError, moved_to, read_object, read_studies, says_absent
from newsletter.sources.trials.client import Pace, RegistryClient
from newsletter.sources.trials.study import FIELDS, NCT_ID, StudyRecord, read_study
from newsletter.sources.trials.turns import OF_THIS_PROCESS, Turns

CACHE_FOLDER = "var/cache/registry"
_TRIALS_A_REQUEST = 100
_LONGEST_QUESTION = 60.0
"""Seconds for one question with all its tries."""
_LONGEST_ASK = 180.0
"""Seconds for asking about any number of trials: what is not answered by then could not be checked."""
_MOVES = 3
"""So many times in a row may a trial have been moved to another number."""
_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})


class TrialRegistry:
    """The registry at ``settings.base_url``; this process asks its host at most once every ``min_interval_seconds``.

    ``today`` gives the day that a found trial is ``checked_on``: the newsletter's, of its time zone. ``cache`` holds answers that
    the registry may call unchanged. A search (``get``, ``pages``) and a check (``ask``) share the turns.
    """

    @classmethod
    def of(cls, config: Config, clock: Clock = system_clock, *, min_interval_seconds: float | None = None) -> Self:
        """Give the registry of a newsletter, whose days are those of its time zone.

        A server on this machine is a practice registry, which nobody needs to be gentle with.
        """
        zone = ZoneInfo(config.cadence.timezone)
        is_ours = urlsplit(config.trials.base_url).hostname in _THIS_MACHINE
        return cls(
            config.trials,
            today=lambda: clock().astimezone(zone).date(),
            cache=AnswerCache(config.path(CACHE_FOLDER)),
            min_interval_seconds=(0.0 if is_ours else 1.0) if min_interval_seconds is None else min_interval_seconds,
        )

    def __init__(
        self,
        settings: TrialSettings,
        *,
        today: Callable[[], date] = lambda: system_clock().date(),
        cache: AnswerCache | None = None,
        min_interval_seconds: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        turns: Turns = OF_THIS_PROCESS,
    ) -> None:
        self._base_url = settings.base_url
        self._today = today
        self.min_interval_seconds = min_interval_seconds
        self._client = RegistryClient(
            settings.base_url,
            user_agent=settings.user_agent,
            timeout_seconds=settings.timeout_seconds,
            pace=Pace(min_interval_seconds, sleep, monotonic, turns=turns),
            cache=cache,
        )

    def ask(self, nct_ids: Sequence[str]) -> list[TrialAnswer]:
        """Give one answer for each different id, in the order asked; never raises for what the registry does."""
        answers: dict[str, TrialAnswer] = {
            nct_id: TrialAnswer(nct_id, problem=f'"{nct_id}" is not an NCT number (NCT and eight digits).') for nct_id in nct_ids
        }
        give_up_at = self._client.deadline(_LONGEST_ASK)
        valid = iter([nct_id for nct_id in answers if NCT_ID.fullmatch(nct_id)])
        while some := list(islice(valid, _TRIALS_A_REQUEST)):
            for answer in self._ask_together(some, give_up_at):
                answers[answer.nct_id] = self._dated(answer)
        return list(answers.values())

    def get(self, path: str, params: Mapping[str, str]) -> Fetched:
        """GET a path of the API, ``/studies``: in turn, tried again, and from the cache where the registry says "unchanged".

        Raises SourceError when no whole answer came within a minute; an answer of any status is given as it is, for
        ``newsletter.sources.trials.answers.read_object`` to read.
        """
        return self._client.get(path, params, give_up_at=self._client.deadline(_LONGEST_QUESTION))

    def pages(self, params: Mapping[str, str], *, at_most: int = 20) -> Iterator[dict[str, Any]]:
        """Give the pages of a search of ``/studies``, one after the other, ``at_most`` so many.

        A page's token means something with the same parameters only: with others the registry answers wrongly, without an
        error. Raises SourceError where a page is none.
        """
        return self._pages(params, at_most, self._client.deadline(_LONGEST_ASK))

    def _pages(self, params: Mapping[str, str], at_most: int, give_up_at: float) -> Iterator[dict[str, Any]]:
        page_token: dict[str, str] = {}
        for _ in range(at_most):
            within = min(give_up_at, self._client.deadline(_LONGEST_QUESTION))
            page = read_object(self._client.get("/studies", {**params, **page_token}, give_up_at=within))
            yield page
            token = page.get("nextPageToken")
            if not token or {"pageToken": token} == page_token:
                return
            page_token = {"pageToken": str(token)}

    def _ask_together(self, nct_ids: Sequence[str], give_up_at: float) -> Iterator[TrialAnswer]:
        """Ask for all in one search, then alone for each that did not come back."""
        params = {"filter.ids": "|".join(nct_ids), "pageSize": str(len(nct_ids)), "fields": "|".join(FIELDS)}
        try:
            pages = self._pages(params, len(nct_ids), give_up_at)
            found = _answers_by_id([study for page in pages for study in read_studies(page)])
        except RefusedNumberError:
            # One number that the registry does not take makes it refuse all of them.
            found = {}
        except SourceError as error:
            yield from (TrialAnswer(nct_id, problem=str(error)) for nct_id in nct_ids)
            return
        for nct_id in nct_ids:
            yield found.get(nct_id) or self._ask_alone(nct_id, give_up_at)

    def _ask_alone(self, nct_id: str, give_up_at: float) -> TrialAnswer:
        """Ask on the path, which tells an absent trial from one that was left out; follow moves, keeping the fields."""
        asked = nct_id
        try:
            for _ in range(_MOVES + 1):
                within = min(give_up_at, self._client.deadline(_LONGEST_QUESTION))
                response = self._client.get(f"/studies/{asked}", {"fields": "|".join(FIELDS)}, give_up_at=within)
                if says_absent(response, nct_id):
                    return TrialAnswer(nct_id)
                moved = moved_to(response, self._base_url)
                if not moved:
                    return _answer(nct_id, _record(response, asked))
                asked = moved
        except SourceError as error:
            return TrialAnswer(nct_id, problem=str(error))
        return TrialAnswer(nct_id, problem="the registry sends us from one number to the next.")

    def _dated(self, answer: TrialAnswer) -> TrialAnswer:
        if answer.found is None:
            return answer
        return replace(answer, found=replace(answer.found, checked_on=self._today().isoformat()))


def _record(response: Fetched, asked: str) -> StudyRecord:
    record = read_study(read_object(response))
    if asked not in {record.nct_id, *record.aliases}:
        raise SourceError(f"the registry answered with another trial, {record.nct_id}.")
    return record


def _answers_by_id(studies: Sequence[Any]) -> dict[str, TrialAnswer]:
    """Give the answer for each id, own or former, that a batch spoke of; a senseless record is a problem of its trial only."""
    own: dict[str, TrialAnswer] = {}
    former: dict[str, TrialAnswer] = {}
    for study in studies:
        try:
            record = read_study(study)
        except SourceError as error:
            if nct_id := _id_of(study):
                own[nct_id] = TrialAnswer(nct_id, problem=str(error))
            continue
        answer = _answer(record.nct_id, record)
        if own.setdefault(record.nct_id, answer) != answer:
            own[record.nct_id] = TrialAnswer(record.nct_id, problem="the registry gave two records of it that differ.")
        former.update({alias: _answer(alias, record) for alias in record.aliases})
    return {**former, **own}


def _answer(nct_id: str, record: StudyRecord) -> TrialAnswer:
    alias_of = "" if nct_id == record.nct_id else record.nct_id
    return TrialAnswer(nct_id, replace(record.trial, nct_id=nct_id, alias_of=alias_of))


def _id_of(study: Any) -> str:
    try:
        return str(study["protocolSection"]["identificationModule"]["nctId"])
    except (TypeError, KeyError):
        return ""
