"""The rules of the house that import-linter cannot see."""

from __future__ import annotations

from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField

FLOORS = ["postbox", "subscribers", "publishing", "delivery"]


def test_foreign_keys_point_down() -> None:
    """A room may refer to its own tables and to those of the rooms below it (docs/adr/0001)."""
    wrong = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models()
        for field in [*model._meta.get_fields(), *model._meta.many_to_many]
        if isinstance(field, (ForeignKey, ManyToManyField))
        and not isinstance(field.related_model, str)
        and FLOORS.index(field.related_model._meta.app_label) > FLOORS.index(model._meta.app_label)
    ]
    assert wrong == []


def test_every_room_with_tables_has_its_floor() -> None:
    assert {model._meta.app_label for model in apps.get_models()} == set(FLOORS)
