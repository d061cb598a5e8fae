"""Invented lists as files: lines with consents, people who have left, the same people again, and lines that are broken."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

HEADING: Final = "email,first_name,language,topics,consent_date,consent_source,consent_wording,status,snoozed_until,ended_reason"

DOMAINS: Final = (
    *(f"mail{number}.example" for number in range(12)),
    "example.org",
    "example.com",
    "clinic.test",
    "bücher.example",
)

NAMES: Final = ("Ana", "Marcela", "José", "Lori", "Zoë", "Mary Ann", "王", "Дарина")

TOPICS: Final = ("", "", "tnbc", "trials;living", "her2;hormone", "caregivers")

BROKEN: Final = (
    "no-address,Ana,en,,2025-01-31,paper,2024-09,active,,",
    "ana@example.org,eva@example.org,Ana,en,,2025-01-31,paper,2024-09,active,,",
)
"""Lines that spoil nobody but themselves, also for a reader of CSV that joins lines at a quotation mark."""


def write_list(file: Path, count: int) -> None:
    """Write a list of so many lines, the same for the same number: 5 in 100 are people again, 1 is broken, 6 have left."""
    chance = random.Random(count)  # noqa: S311 - invented people, the same in every run
    with file.open("w", encoding="utf-8") as handle:
        handle.write(HEADING + "\n")
        handle.writelines(f"{line}\n" for line in _lines(count, chance))


def _lines(count: int, chance: random.Random) -> Iterator[str]:
    for number in range(count):
        draw = number % 100
        if draw == 50:
            yield BROKEN[number // 100 % 2]
            continue
        who = chance.randrange(number // 2) if draw < 5 and number > 100 else number
        domain = DOMAINS[who % len(DOMAINS)]
        day = f"20{20 + who % 6}-{1 + who % 12:02}-{1 + who % 28:02}"
        ended = draw in (20, 40, 60, 70, 80, 90)
        rest = "ended,,bounced" if ended and number % 3 == 0 else "ended,,unsubscribed" if ended else "active,,"
        language = "es" if who % 5 == 0 else "en"
        name, topics = NAMES[who % len(NAMES)], TOPICS[who % len(TOPICS)]
        yield f"Reader.{who:07}@{domain},{name},{language},{topics},{day},form,2024-09,{rest}"
