from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assets", "0002_isolation_and_audit")]

    operations = [
        migrations.AddField(
            model_name="asset",
            name="judged_fields",
            field=models.JSONField(
                blank=True,
                editable=False,
                help_text="Fields whose value is an agent's judgement, by name: which agent, how "
                "probable it is, why, and of which import. An import that states the field ends "
                "that, and so does a person who sets it. Left out where no agent had a say.",
                null=True,
            ),
        ),
    ]
