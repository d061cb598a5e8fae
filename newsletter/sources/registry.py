"""Asking ClinicalTrials.gov's API v2 about trials.

Trials are asked for by ``filter.ids`` and by path, never by ``query.*``: a query that holds only NCT ids ignores the filters,
and ``query.id`` finds other trials by a secondary id. Whatever is not plainly an answer is a problem ("could not check"),
never a verdict.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import Any, Self
from zoneinfo import ZoneInfo

import orjson

from newsletter.checking.trials import TrialAnswer
from newsletter.clock import Clock, system_clock
from newsletter.config import Config
from newsletter.errors import SourceError
from newsletter.settings import TrialSettings
from newsletter.sources.fetch import Fetched, FetchLimits, fetch
from newsletter.sources.reach import EVERYWHERE
from newsletter.sources.study import FIELDS, StudyRecord, read_study

NCT_ID = re.compile(r"NCT(?!0{8})[0-9]{8}")
_TRIALS_A_REQUEST = 100
_MAX_BYTES = 20_000_000
_WAITS = (2.0, 5.0)
"""Seconds before the second and the third try."""
_LONGEST_WAIT = 30.0
_ALIAS = re.compile(r"/studies/(NCT[0-9]{8})(?:[/?#]|$)")


class TrialRegistry:
    """The registry at ``settings.base_url``; asks at most once every ``min_interval_seconds``.

    ``today`` gives the day that a found trial is ``checked_on``: the newsletter's, of its time zone.
    """

    @classmethod
    def of(cls, config: Config, clock: Clock = system_clock, *, min_interval_seconds: float = 1.0) -> Self:
        """Give the registry of a newsletter, whose days are those of its time zone."""
        zone = ZoneInfo(config.cadence.timezone)
        return cls(config.trials, today=lambda: clock().astimezone(zone).date(), min_interval_seconds=min_interval_seconds)

    def __init__(
        self,
        settings: TrialSettings,
        *,
        today: Callable[[], date] = lambda: system_clock().date(),
        min_interval_seconds: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._today = today
        self._min_interval = min_interval_seconds
        self._sleep = sleep
        self._monotonic = monotonic
        self._next_request_at = 0.0

    def ask(self, nct_ids: Sequence[str]) -> list[TrialAnswer]:
        """Give one answer for each different id, in the order asked; never raises for what the registry does."""
        answers: dict[str, TrialAnswer] = {
            nct_id: TrialAnswer(nct_id, problem=f'"{nct_id}" is not an NCT number (NCT and eight digits).') for nct_id in nct_ids
        }
        valid = iter([nct_id for nct_id in answers if NCT_ID.fullmatch(nct_id)])
        while some := list(islice(valid, _TRIALS_A_REQUEST)):
            for answer in self._ask_together(some):
                answers[answer.nct_id] = answer
        return list(answers.values())

    def _ask_together(self, nct_ids: Sequence[str]) -> Iterator[TrialAnswer]:
        """Ask for all in one request, then alone for each that did not come back."""
        params = {"filter.ids": "|".join(nct_ids), "pageSize": str(len(nct_ids))}
        try:
            found = _answers_by_id(_studies(self._get("/studies", params)))
        except SourceError as error:
            yield from (TrialAnswer(nct_id, problem=str(error)) for nct_id in nct_ids)
            return
        for nct_id in nct_ids:
            yield self._dated(found.get(nct_id) or self._ask_alone(nct_id))

    def _dated(self, answer: TrialAnswer) -> TrialAnswer:
        if answer.found is None:
            return answer
        return replace(answer, found=replace(answer.found, checked_on=self._today().isoformat()))

    def _ask_alone(self, nct_id: str) -> TrialAnswer:
        """Ask on the path, which tells an absent trial from one that was left out; follow one alias, keeping the fields."""
        try:
            asked = nct_id
            response = self._get(f"/studies/{asked}", {})
            if response.status == 301 and (alias := _ALIAS.search(response.headers.get("location", ""))):
                asked = alias[1]
                response = self._get(f"/studies/{asked}", {})
            # Only the registry's own sentence about this id is "no such trial": an edge's 404 page says nothing.
            if response.status == 404 and response.text.strip() == f"NCT number {asked} not found":
                return TrialAnswer(nct_id)
            return _answer(nct_id, _record(response, asked))
        except SourceError as error:
            return TrialAnswer(nct_id, problem=str(error))

    def _get(self, path: str, params: Mapping[str, str]) -> Fetched:
        """Ask, and again after a while when the registry is busy (429) or broken (5xx)."""
        response = self._get_once(path, params)
        for wait in _WAITS:
            if response.status != 429 and response.status < 500:
                break
            self._sleep(_wait_asked_for(response, wait))
            response = self._get_once(path, params)
        return response

    def _get_once(self, path: str, params: Mapping[str, str]) -> Fetched:
        pause = self._next_request_at - self._monotonic()
        if pause > 0:
            self._sleep(pause)
        self._next_request_at = self._monotonic() + self._min_interval
        return fetch(
            self._settings.base_url + path,
            params={**params, "fields": "|".join(FIELDS)},
            limits=FetchLimits(self._settings.timeout_seconds, _MAX_BYTES, redirects=0),
            user_agent=self._settings.user_agent,
            headers={"accept": "application/json"},
            # The publisher has set the address, which may be one of this machine's: the practice registry's is.
            reach=EVERYWHERE,
        )


def _studies(response: Fetched) -> list[Any]:
    studies = _json_object(response).get("studies")
    if not isinstance(studies, list):
        raise SourceError("the registry's answer has no list of studies.")
    return studies


def _record(response: Fetched, asked: str) -> StudyRecord:
    record = read_study(_json_object(response))
    if asked not in {record.nct_id, *record.aliases}:
        raise SourceError(f"the registry answered with another trial, {record.nct_id}.")
    return record


def _answers_by_id(studies: Sequence[Any]) -> dict[str, TrialAnswer]:
    """Give the answer for each id, own or former, that a batch spoke of; a senseless record is a problem of its trial only."""
    answers = {}
    for study in studies:
        try:
            record = read_study(study)
        except SourceError as error:
            if nct_id := _id_of(study):
                answers[nct_id] = TrialAnswer(nct_id, problem=str(error))
            continue
        for nct_id in {record.nct_id, *record.aliases}:
            answers[nct_id] = _answer(nct_id, record)
    return answers


def _answer(nct_id: str, record: StudyRecord) -> TrialAnswer:
    alias_of = "" if nct_id == record.nct_id else record.nct_id
    return TrialAnswer(nct_id, replace(record.trial, nct_id=nct_id, alias_of=alias_of))


def _id_of(study: Any) -> str:
    try:
        return str(study["protocolSection"]["identificationModule"]["nctId"])
    except (TypeError, KeyError):
        return ""


def _json_object(response: Fetched) -> dict[str, Any]:
    """Give the JSON object of a good answer. Raises SourceError for every other."""
    if response.status == 403:
        raise SourceError("the registry refused to answer (403): it turns some programs and networks away.")
    if response.status == 429:
        raise SourceError("the registry asks us to come back later (429).")
    if response.status != 200:
        raise SourceError(f"the registry answered with status {response.status}.")
    if response.media_type != "application/json":
        raise SourceError(f"the registry answered with {response.media_type or 'something'} where JSON was expected.")
    try:
        content = orjson.loads(response.body)
    except orjson.JSONDecodeError as error:
        raise SourceError("the registry's answer is not whole JSON.") from error
    if not isinstance(content, dict):
        raise SourceError("the registry's answer is JSON of another form.")
    return content


def _wait_asked_for(response: Fetched, otherwise: float) -> float:
    asked = response.headers.get("retry-after", "")
    return min(float(asked), _LONGEST_WAIT) if asked.isdecimal() else otherwise
