from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0005_bounces_by_kind'),
    ]

    operations = [
        migrations.AddField(
            model_name='providercall',
            name='cancelling',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
