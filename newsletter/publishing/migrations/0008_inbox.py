"""Clippings that stand in an issue are used; what has no story yet gets one when its feed is pulled again."""

from __future__ import annotations

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def call_clipped_used(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Set the state of what was clipped before there were states."""
    apps.get_model("publishing", "Clipping").objects.filter(state="new").exclude(clipped_to="").update(state="used")


class Migration(migrations.Migration):
    """Once."""

    dependencies: ClassVar = [("publishing", "0007_trial_stops")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="feedstate",
            name="url",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.RunPython(call_clipped_used, migrations.RunPython.noop, elidable=True),
    ]
