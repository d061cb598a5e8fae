"""A new issue: from the site folder's starter files, or from an earlier issue."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import Template

from newsletter.authoring.folder import ISSUES, list_issues
from newsletter.authoring.lock import LOCK_FILE
from newsletter.errors import NotAllowedError, TemplateError, UsageError

STARTER = "templates/starter"
MONTHS_UNTIL_REVIEW = 3
_TITLE = re.compile(r"^title:.*$", re.MULTILINE)
_REVIEW_BY = re.compile(r"^review_by:.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a new issue's front matter says by itself: the newsletter's name and, by language, the month in words."""

    newsletter: str
    year: int
    month: int
    month_words: Mapping[str, str]

    @property
    def review_by(self) -> date:
        """The first day of the third month after the issue's own."""
        months = self.year * 12 + self.month - 1 + MONTHS_UNTIL_REVIEW
        return date(months // 12, months % 12 + 1, 1)


def begin_issue(home: Path, name: str, *, beginning: Beginning, earlier: str = "") -> list[Path]:
    """Write the files of a new issue, one for each language that has a starter, and give their paths.

    With ``earlier`` they are that issue's, with its pictures, under the new title and review date; its trial lock is not taken
    along, for the registry has to be asked anew. Raises NotAllowedError when the issue is there, UsageError when the
    earlier one is not, TemplateError when no starter is there or one cannot be filled in.
    """
    folder = home / ISSUES / name
    if folder.exists():
        raise NotAllowedError(f"{ISSUES}/{name} is there already; nothing was changed. Name another month, or go on writing it.")
    if earlier and earlier not in list_issues(home):
        raise UsageError(f"There is no issue {earlier} to begin from. There are: {', '.join(list_issues(home)) or 'none yet'}.")
    texts = {f"issue{_infix(language, beginning)}.md": text for language, text in _starters(home, beginning).items()}
    if earlier:
        texts = _from_earlier(home / ISSUES / earlier, texts, beginning.review_by)
    draft = folder.with_name(f".{name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    if earlier:
        shutil.copytree(home / ISSUES / earlier, draft, ignore=shutil.ignore_patterns("issue*.md", LOCK_FILE, ".*"))
    else:
        draft.mkdir(parents=True)
    for file, text in texts.items():
        (draft / file).write_text(text, "utf-8")
    draft.replace(folder)
    return [folder / file for file in texts]


def _infix(language: str, beginning: Beginning) -> str:
    return "" if language == next(iter(beginning.month_words)) else f".{language}"


def _starters(home: Path, beginning: Beginning) -> dict[str, str]:
    """Fill in the starter of every language that has one, the newsletter's first language first."""
    found = {}
    for language, month in beginning.month_words.items():
        file = home / STARTER / f"issue.{language}.md"
        if not file.exists():
            continue
        values = {"newsletter": beginning.newsletter, "month": month, "year": beginning.year, "review_by": beginning.review_by}
        try:
            found[language] = Template(file.read_text("utf-8")).substitute(values)
        except (KeyError, ValueError) as error:
            raise TemplateError(
                f"{STARTER}/{file.name}: a $ stands before something that is not filled in ({error}). "
                "Known are $newsletter, $month, $year and $review_by; write $$ for a dollar sign."
            ) from error
    if next(iter(beginning.month_words)) not in found:
        raise TemplateError(f"{STARTER}/issue.{next(iter(beginning.month_words))}.md is missing: a new issue begins from it.")
    return found


def _from_earlier(folder: Path, starters: Mapping[str, str], review_by: date) -> dict[str, str]:
    """Take the earlier issue's texts under the new title and review date."""
    texts = {}
    for file in sorted(folder.glob("issue*.md")):
        text = file.read_text("utf-8")
        title = _TITLE.search(starters.get(file.name, ""))
        if title:
            text = _TITLE.sub(title[0].replace("\\", r"\\"), text, count=1)
        texts[file.name] = _REVIEW_BY.sub(f"review_by: {review_by}", text, count=1)
    return texts
