"""From a report's numbers to what its page prints: sentences, pictures, and under each picture the table of the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from newsletter.delivery.models import Handover, Outcome
from newsletter.delivery.report.aftermath import FullReport
from newsletter.delivery.report.charts import Bar, CurvePoint, bar_chart, curve_chart
from newsletter.delivery.report.domains import ERASED, OTHER_DOMAINS
from newsletter.subscribers.web.page_design import Words

UNKNOWN_SHOWN: Final = 200
"""Keys on the page; all of them are in the JSON."""

MOMENTS_IN_TABLE: Final = 12

BARS_SHOWN: Final = 12
"""In a picture; the table has all rows."""

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page, every value ready to print; ``picture`` is markup. Of ``headings`` the first one names the rows."""

    ident: str
    heading: str
    said: tuple[str, ...] = ()
    picture: str = ""
    headings: Row = ()
    rows: tuple[Row, ...] = ()
    listed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartMaker:
    """Makes the parts of one report in one language, with times in one zone; ``names`` are those of languages."""

    report: FullReport
    words: Words
    zone: ZoneInfo
    language_name: Callable[[str], str]

    def parts(self) -> tuple[Part, ...]:
        """Give all parts that this report has something to say in."""
        made = (
            self._sum(),
            self._languages(),
            self._outcomes(),
            self._bounces(),
            self._domains(),
            self._reasons("failed", self.report.summary.failed, said=self._gone()),
            self._reasons("excluded", self.report.summary.excluded),
            self._endings(),
            self._time(),
            self._hours(),
            self._unknown(),
            Part("privacy", self.say("privacy", "heading"), (self.say("privacy", "note"),)),
        )
        return tuple(part for part in made if part is not None)

    def say(self, section: str, name: str, /, **values: str) -> str:
        """Give a sentence of the page's language."""
        return self.words.say(section, name, **values)

    def moment(self, at: datetime) -> str:
        """Write a moment in the newsletter's time zone."""
        here = at.astimezone(self.zone)
        return f"{self.words.day(here.date())}, {here:%H:%M %Z}"

    def day(self, at: datetime) -> str:
        """Write a moment's day."""
        return self.words.day(at.astimezone(self.zone).date())

    def _sum(self) -> Part:
        handovers = self.report.summary.status.handovers
        always = {Handover.ACCEPTED, Handover.FAILED, Handover.UNKNOWN, Handover.EXCLUDED}
        rows = [(self.say("handover", one.value), handovers[one]) for one in Handover if handovers[one] or one in always]
        return self._counted("sum", "people", rows, said=(self.say("sum", "note"),), total=self.report.summary.status.frozen)

    def _languages(self) -> Part | None:
        by_language = self.report.summary.by_language
        if not by_language:
            return None
        languages = sorted(by_language)
        shown = [one for one in Handover if any(by_language[language].get(one) for language in languages)]
        rows = [(self.say("handover", one.value), *(_number(by_language[key].get(one, 0)) for key in languages)) for one in shown]
        rows.append((self.say("table", "all"), *(_number(sum(by_language[key].values())) for key in languages)))
        elsewhere = tuple(
            self.say(
                "language",
                "elsewhere",
                people=_number(one.people),
                language=self.language_name(one.language),
                written_in=self.language_name(one.written_in) if one.written_in else "?",
            )
            for one in self.report.elsewhere
        )
        headings = (self.say("language", "what"), *(self.language_name(key) for key in languages))
        return Part("language", self.say("language", "heading"), elsewhere, "", headings, tuple(rows))

    def _outcomes(self) -> Part | None:
        order = (Outcome.DELIVERED, Outcome.DEFERRED, Outcome.BOUNCED, Outcome.COMPLAINED, Outcome.NONE)
        rows = [(self.say("outcome", one.value or "nothing"), self.report.summary.outcomes[one]) for one in order]
        return self._counted("outcome", "mails", rows, said=(self.say("outcome", "note"),)) if any(n for _, n in rows) else None

    def _bounces(self) -> Part | None:
        rows = [
            (f"{self.say('bounces', one.kind or 'untold')} {f'({one.reason})' if one.reason else ''}".strip(), one.mails)
            for one in self.report.bounces
        ]
        return self._counted("bounces", "mails", rows) if rows else None

    def _domains(self) -> Part | None:
        domains = self.report.domains
        if not domains:
            return None
        known = {OTHER_DOMAINS: self.say("domains", "other"), ERASED: self.say("domains", "erased")}
        names = [known.get(one.domain, one.domain) for one in domains]
        columns = [(self.say("domains", fate), [getattr(one, fate) for one in domains]) for fate in _FATES]
        columns = [column for column in columns if any(column[1])]
        headings = (self.say("domains", "what"), self.say("table", "people"), *(name for name, _ in columns))
        rows = tuple(
            (names[index], _number(one.people), *(_number(counts[index]) for _, counts in columns))
            for index, one in enumerate(domains)
        )
        bars = [(name, one.people) for name, one in zip(names, domains, strict=True)]
        note = (self.say("domains", "note"),)
        return Part("domains", self.say("domains", "heading"), note, self._bars("domains", bars), headings, rows)

    def _gone(self) -> Row:
        gone = self.report.summary.gone
        if gone.why_nobody:
            return (self.say("failed", "kept"),)
        return (self.say("failed", "gone", number=_number(gone.suppressed)),) if gone.suppressed else ()

    def _reasons(self, section: str, reasons: Mapping[str, int], *, said: Row = ()) -> Part | None:
        known = self.words.sections[section]
        counted = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
        rows = [(str(known.get(reason or "untold", reason)), number) for reason, number in counted]
        return self._counted(section, "people", rows, said=said) if rows else None

    def _endings(self) -> Part:
        endings = self.report.endings
        between = {"since": self.day(endings.since), "until": self.day(endings.until)}
        if not endings.by_reason:
            return Part("endings", self.say("endings", "heading"), (self.say("endings", "none", **between),))
        rows = [
            (self.say("endings", reason), number) for reason, number in sorted(endings.by_reason.items(), key=lambda e: -e[1])
        ]
        return self._counted("endings", "people", rows, said=(self.say("endings", "note", **between),))

    def _time(self) -> Part:
        said = self._took()
        line = self.report.time_line
        if len(line) < 2 or line[0].at == line[-1].at:
            return Part("time", self.say("time", "heading"), (said,))
        whole = (line[-1].at - line[0].at).total_seconds()
        points = [
            CurvePoint((one.at - line[0].at).total_seconds() / whole, one.settled, self._clock(one.at), _number(one.settled))
            for one in line
        ]
        description = self.say(
            "time", "curve_said", first=points[0].shown, last=points[-1].shown, since=points[0].when, until=points[-1].when
        )
        picture = curve_chart(points, ident="time", title=self.say("time", "curve"), description=description)
        step = -(-len(points) // MOMENTS_IN_TABLE)
        rows = tuple((one.when, one.shown) for one in [*points[:-1:step], points[-1]])
        headings = (self.say("time", "when"), self.say("time", "settled"))
        return Part("time", self.say("time", "heading"), (said,), picture, headings, rows)

    def _hours(self) -> Part | None:
        rows = [(self._clock(hour), mails) for hour, mails in self.report.by_hour.items()]
        if not rows:
            return None
        part = self._counted("hours", "mails", rows, section="time", heading="hours", what="hour", picture="hours")
        return Part(part.ident, part.heading, (self.say("time", "note"),), part.picture, part.headings, part.rows)

    def _unknown(self) -> Part | None:
        keys = self.report.summary.unknown_keys
        if not keys:
            return None
        command = f"newsletter reconcile {self.report.summary.status.issue}"
        said = [self.say("unknown", "note", number=_number(len(keys)), command=command)]
        if len(keys) > UNKNOWN_SHOWN:
            said.append(self.say("unknown", "more", number=_number(len(keys) - UNKNOWN_SHOWN)))
        return Part("unknown", self.say("unknown", "heading"), tuple(said), listed=keys[:UNKNOWN_SHOWN])

    def _counted(
        self,
        ident: str,
        unit: str,
        rows: Sequence[tuple[str, int]],
        *,
        said: Row = (),
        total: int | None = None,
        section: str = "",
        heading: str = "heading",
        what: str = "what",
        picture: str = "picture",
    ) -> Part:
        """Make a part of counts: bars, and the table with each one's share of all."""
        section = section or ident
        whole = sum(number for _, number in rows) if total is None else total
        table = [(label, _number(number), _percent(number, whole)) for label, number in rows]
        table.append((self.say("table", "all"), _number(whole), _percent(whole, whole)))
        headings = (self.say(section, what), self.say("table", unit), self.say("table", "part"))
        drawn = self._bars(ident, rows, title=self.say(section, picture))
        return Part(ident, self.say(section, heading), said, drawn, headings, tuple(table))

    def _bars(self, ident: str, rows: Sequence[tuple[str, int]], *, title: str = "") -> str:
        bars = [Bar(label, number, _number(number)) for label, number in rows[:BARS_SHOWN]]
        description = "; ".join(self.say("table", "said", label=bar.label, number=bar.shown) for bar in bars) + "."
        return bar_chart(bars, ident=ident, title=title or self.say(ident, "picture"), description=description)

    def _clock(self, at: datetime) -> str:
        here = at.astimezone(self.zone)
        return f"{here:%H:%M}, {self.words.day(here.date())}"

    def _took(self) -> str:
        seconds, rate = self.report.seconds, self.report.per_minute
        if seconds is None:
            return self.say("time", "under_way")
        if rate is None:
            return self.say("time", "took_short", duration=self._duration(seconds))
        return self.say("time", "took", duration=self._duration(seconds), rate=_number(round(rate)))

    def _duration(self, seconds: float) -> str:
        if seconds < 60:
            return self.say("time", "seconds", number=f"{seconds:.1f}")
        minutes, rest = divmod(round(seconds), 60)
        if minutes < 60:
            return self.say("time", "minutes", minutes=str(minutes), seconds=str(rest))
        return self.say("time", "hours_long", hours=str(minutes // 60), minutes=str(minutes % 60))


_FATES: Final = ("failed", "hard", "soft", "policy", "untold")


def _number(number: float) -> str:
    return f"{number:,}"


def _percent(number: int, whole: int) -> str:
    """Write a share so that something is never 0 % and not everything never 100 %."""
    if not whole:
        return "-"
    share = number / whole * 100
    if 0 < share < 0.1:
        return "< 0.1 %"
    if 99.9 < share < 100:
        return "> 99.9 %"
    return f"{share:.1f} %"
