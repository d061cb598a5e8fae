"""The report as one page that stands alone: nothing is fetched, nothing runs, and it can be mailed, printed or kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from newsletter.config import Config
from newsletter.delivery.models import SendState
from newsletter.delivery.report.aftermath import FullReport
from newsletter.delivery.report.charts import CHART_CSS
from newsletter.delivery.report.parts import PartMaker
from newsletter.errors import TemplateError
from newsletter.subscribers.installation import page_design
from newsletter.subscribers.web.page_design import PageDesign, Words, load_page_design

FALLBACK = "en"


def report_page(report: FullReport, config: Config, *, language: str | None, now: datetime) -> str:
    """Make the page in ``language``, else in the newsletter's first one, else in English. Raises TemplateError."""
    design = _design(config)
    words = design.words_for(language, "")
    maker = PartMaker(report, words, ZoneInfo(config.cadence.timezone), _language_name)
    environment = Environment(
        loader=FileSystemLoader([config.path("templates/report"), config.path("templates/pages")]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
    return environment.get_template("report.html.j2").render(
        language=words.language,
        letter=config.newsletter,
        theme=design.theme,
        chart_css=Markup(CHART_CSS),  # noqa: S704 - our own style sheet
        title=words.say("head", "title", issue=report.summary.status.issue),
        heading=words.say("head", "heading", issue=report.summary.status.issue),
        head=_head(report, maker, now=now),
        the_sum=_the_sum(report, words),
        holds=report.summary.sum_holds,
        sum_said=words.say("sum", "holds" if report.summary.sum_holds else "broken"),
        # bar_chart escapes every text that it draws.
        parts=[(part, Markup(part.picture)) for part in maker.parts()],  # noqa: S704
    )


def _design(config: Config) -> PageDesign:
    templates = config.path("templates")
    wanted = (*config.newsletter.languages, FALLBACK)
    there = [one for one in dict.fromkeys(wanted) if (templates / "report" / f"words.{one}.toml").exists()]
    if not there:
        raise TemplateError(f"{templates}/report/words.{FALLBACK}.toml is missing. Copy it from a folder of `newsletter init`.")
    return load_page_design(templates, config.newsletter, pages="report", languages=there)


def _language_name(language: str) -> str:
    known: Mapping[str, Words] = page_design().words
    return str(known[language].sections["date"]["language"]) if language in known else language


def _the_sum(report: FullReport, words: Words) -> str:
    """Write the sum with its parts in words, as it stands in the terminal in ours."""
    status = report.summary.status
    parts = [
        f"{number:,} {words.say('handover', one.value).partition(',')[0]}" for one, number in status.handovers.items() if number
    ]
    return f"{status.frozen:,} = {' + '.join(parts) or '0'}"


def _head(report: FullReport, maker: PartMaker, *, now: datetime) -> list[str]:
    status = report.summary.status
    reason = report.reason or maker.say("head", "not_said")
    # A pause may have been written with a full stop, or without one.
    state = maker.say("head", f"state_{SendState(status.state).value}", reason=f"{reason.rstrip('.')}.")
    lines = [
        *(
            maker.say("head", "subject", language=_language_name(language), subject=subject)
            for language, subject in report.subjects.items()
        ),
        maker.say("head", "begun", moment=maker.moment(status.created_at), transport=status.transport),
    ]
    if status.finished_at:
        lines.append(maker.say("head", "finished", moment=maker.moment(status.finished_at)))
    lines.append(state)
    if report.corrects:
        lines.append(maker.say("head", "corrects", issue=report.corrects))
    if report.corrections:
        lines.append(maker.say("head", "corrections", issues=", ".join(report.corrections)))
    return [*lines, maker.say("head", "made", moment=maker.moment(now))]
