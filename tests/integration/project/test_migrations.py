from __future__ import annotations

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_the_migrations_make_the_models() -> None:
    """No model was changed without a migration."""
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
