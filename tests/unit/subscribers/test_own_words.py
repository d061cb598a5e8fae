from __future__ import annotations

from collections.abc import Iterable

import pytest

from newsletter.postbox.models import PostState
from newsletter.subscribers.installation import page_design
from newsletter.subscribers.models import EndReason, LinkPurpose, SuppressionReason
from newsletter.subscribers.moving import AskKind
from newsletter.subscribers.own_records import Became
from newsletter.subscribers.web.own_words import MAIL_KINDS

NAMED = [
    ("own", "ended", EndReason),
    ("own", "suppressed", SuppressionReason),
    ("own", "state", PostState),
    ("own", "link", LinkPurpose),
    ("own", "became", Became),
    ("own", "mail", {kind.replace("-", "_") for kind in MAIL_KINDS} | {"other"}),
    ("my_data", "address", AskKind),
]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("section", "of", "keys"), NAMED)
def test_whatever_can_be_stored_has_words_for_its_reader(language: str, section: str, of: str, keys: Iterable[str]) -> None:
    words = page_design().words[language].sections[section]
    assert [str(key) for key in keys if f"{of}_{key}" not in words] == []
