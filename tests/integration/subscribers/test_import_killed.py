"""An import is killed for real, and goes on where it was: on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from newsletter.postbox.models import ServiceMail
from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import ImportRun, Subscription, Suppression
from tests.site_folder import REPOSITORY

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

ROWS = 2_000
KILLS = 3


def list_of(count: int) -> str:
    """Write a list with everything in it: people again, people who left, people without a consent, broken lines."""
    lines = ["email,first_name,language,topics,consent_date,consent_source,consent_wording,status,ended_reason"]
    for number in range(count):
        who = number // 2 if number % 20 == 7 else number
        consent = ",," if number % 40 == 9 else "2025-01-31,paper,2024-09"
        rest = {3: "ended,bounced", 13: "ended,unsubscribed"}.get(number % 25, "active,")
        lines.append("broken" if number % 50 == 30 else f"reader{who}@example.org,Ana,es,tnbc,{consent},{rest}")
    return "\n".join(lines)


def database_url() -> str:
    """Give the address of the test database for another process."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    before, _, options = os.environ["NEWSLETTER_DATABASE__URL"].partition("?")
    return f"{before.rpartition('/')[0]}/{name}?{options}"


def start(file: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.integration.subscribers.importing_process", str(file)]
    environment = os.environ | {"NEWSLETTER_DATABASE__URL": database_url()}
    return subprocess.Popen(command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> list[object]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    found: list[object] = json.loads(output.splitlines()[-1])
    return found


def stored() -> list[object]:
    """Give all that is stored about anybody, opened, in an order that does not depend on who came first."""
    people = []
    for one in Subscription.objects.select_related("subscriber"):
        person, lookup = one.subscriber, bytes(one.subscriber.lookup)
        contact = sealer().open_contact(person.contact, lookup=lookup)
        topics = sorted(sealer().open_topics(person.topics, lookup=lookup))
        consent = (one.consent_wording, one.consent_language, one.consent_source, one.consent_at)
        people.append((contact.address, contact.first_name, topics, person.language, consent, one.ended_at, one.end_reason))
    suppressed = Counter((bytes(lookup), reason) for lookup, reason in Suppression.objects.values_list("lookup", "reason"))
    asked = Counter(bytes(lookup) for lookup in ServiceMail.objects.values_list("lookup", flat=True) if lookup)
    return [sorted(people), suppressed, asked]


def test_killed_in_the_middle_it_comes_to_the_same_end(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(list_of(ROWS), "utf-8")
    said = finish(start(file))
    undisturbed = stored()
    call_command("flush", interactive=False, verbosity=0)

    chance = random.Random(20261123)  # noqa: S311 - any points will do, the same ones every time
    for point in sorted(chance.sample(range(100, ROWS - 300), KILLS)):
        process = start(file)
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= point:
                break
        process.kill()
        process.communicate()
    assert 0 < ImportRun.objects.get().through < ROWS, "it was killed in the middle"
    assert finish(start(file)) == said
    assert stored() == undisturbed
    _, _, asked = undisturbed
    assert isinstance(asked, Counter)
    assert set(asked.values()) == {1}, "nobody is asked twice"
