"""What editors were told of found trials, by mail and on a screen. No search has been watched before this: nothing to carry."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("publishing", "0005_trials_and_news")]

    operations: ClassVar = [
        migrations.DeleteModel(name="FoundTrial"),
        migrations.AddField(
            model_name="searchstate",
            name="asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="FoundTrial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nct_id", models.CharField(max_length=11)),
                ("title", models.TextField()),
                ("status", models.CharField(max_length=40)),
                ("first_seen_at", models.DateTimeField()),
                ("since", models.DateTimeField()),
                ("mailed", models.CharField(blank=True, default="", max_length=40)),
                ("shown", models.CharField(blank=True, default="", max_length=40)),
                (
                    "search",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE,
                        related_name="found",
                        to="publishing.searchstate",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("search", "nct_id"), name="one_found_trial_per_search")],
            },
        ),
    ]
