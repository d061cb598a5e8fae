"""Settling what is in doubt, as a process of its own, for tests that kill it.

Does what the scheduler does every minute where calls can be cancelled, and says how many deliveries are queued again.
"""

from __future__ import annotations

import os

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.project.settings")
django.setup()

from newsletter.clock import system_clock  # noqa: E402 - Django comes first
from newsletter.delivery.calling_back import call_back  # noqa: E402

if __name__ == "__main__":
    print(call_back(settings.NEWSLETTER, system_clock, system_user="test"))  # noqa: T201
