"""How the practice registry searches: which of its invented records the ``query.*`` and ``filter.*`` parameters leave.

``filter.ids``, ``fields`` and paging are not here: they are the practice registry's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SEARCH_PARAMETERS: frozenset[str] = frozenset()
"""The names of the parameters that are understood here; the practice registry refuses all it does not know."""


class SearchRefusedError(ValueError):
    """A search that the registry answers with 400; the message is its sentence."""


def select_studies(studies: Sequence[dict[str, Any]], parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give the records that a search finds. Raises SearchRefusedError where the registry refuses it."""
    del parameters
    return list(studies)
