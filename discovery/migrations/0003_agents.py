import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

import tenancy.models
import tenancy.scope
from tenancy.audit import Audit
from tenancy.rls import IsolateTenant


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0002_isolation_and_audit"),
        ("tenancy", "0002_isolation_and_audit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="flow",
            name="started_at",
            field=models.DateTimeField(db_default=Now()),
        ),
        migrations.CreateModel(
            name="AgentCall",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("phase", models.CharField(max_length=32)),
                ("agent", models.CharField(max_length=64)),
                ("model", models.CharField(max_length=200)),
                ("purpose", models.CharField(max_length=200)),
                (
                    "key",
                    models.CharField(
                        help_text="The name of the question in the cache.", max_length=64
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("answered", "answered"),
                            ("invalid", "invalid"),
                            ("refused", "refused"),
                            ("limited", "limited"),
                            ("failed", "failed"),
                            ("timeout", "timeout"),
                            ("unreachable", "unreachable"),
                            ("over_budget", "over_budget"),
                        ],
                        default="asked",
                        max_length=16,
                    ),
                ),
                (
                    "detail",
                    models.TextField(
                        blank=True, help_text="Why there is no answer, and what helps."
                    ),
                ),
                ("cached", models.BooleanField(default=False)),
                ("requests", models.PositiveIntegerField(default=0)),
                ("input_tokens", models.PositiveIntegerField(default=0)),
                ("output_tokens", models.PositiveIntegerField(default=0)),
                (
                    "cost",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="In the currency of LLM_PRICES; null where the model has no price there.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                ("seconds", models.FloatField(default=0)),
                (
                    "controls",
                    models.PositiveIntegerField(
                        default=0, help_text="How many items had an answer that the rules know."
                    ),
                ),
                ("controls_right", models.PositiveIntegerField(default=0)),
                ("prompt", models.TextField(blank=True)),
                ("answer", models.TextField(blank=True)),
                ("asked_at", models.DateTimeField(db_default=Now())),
                (
                    "client_account",
                    models.ForeignKey(
                        db_index=False,
                        default=tenancy.scope.current_client_account_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.clientaccount",
                    ),
                ),
                (
                    "flow",
                    tenancy.models.TenantForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="agent_calls",
                        to="discovery.flow",
                    ),
                ),
            ],
            options={
                "verbose_name": "agent call",
                "ordering": ["asked_at", "id"],
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["client_account", "flow", "asked_at"], name="agent_call_page_idx"
                    ),
                    models.Index(
                        fields=["client_account", "asked_at"], name="agent_call_budget_idx"
                    ),
                    models.Index(
                        condition=models.Q(("outcome", "answered")),
                        fields=["client_account", "key", "asked_at"],
                        name="agent_call_cache_idx",
                    ),
                    models.Index(
                        condition=models.Q(("answer", ""), ("prompt", ""), _negated=True),
                        fields=["asked_at"],
                        name="agent_call_sweep_idx",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgentPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "shares",
                    models.CharField(
                        choices=[
                            ("nothing", "no agent is asked"),
                            ("names", "names of columns, tables, assets and products, and figures"),
                            ("names_and_samples", "also samples of values, redacted"),
                        ],
                        max_length=32,
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "client_account",
                    models.ForeignKey(
                        db_index=False,
                        default=tenancy.scope.current_client_account_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.clientaccount",
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "agent policy",
                "verbose_name_plural": "agent policies",
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client_account",), name="one_agent_policy_per_account"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AgentStanding",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("agent", models.CharField(max_length=64)),
                ("model", models.CharField(max_length=200)),
                ("held", models.PositiveIntegerField(default=0)),
                ("overruled", models.PositiveIntegerField(default=0)),
                (
                    "client_account",
                    models.ForeignKey(
                        db_index=False,
                        default=tenancy.scope.current_client_account_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.clientaccount",
                    ),
                ),
            ],
            options={
                "verbose_name": "agent standing",
                "ordering": ["agent", "model"],
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client_account", "agent", "model"), name="one_standing_per_agent"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FlowQuestion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("asset_type", "what an asset is"),
                            ("application", "which application an asset belongs to"),
                            ("dependency", "whether one asset needs another"),
                            ("strategy", "what the migration strategist has to know"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="Names the question within the flow: asked again, it is the same.",
                        max_length=64,
                    ),
                ),
                ("text", models.TextField()),
                ("reason", models.TextField(blank=True, help_text="Why it is asked.")),
                (
                    "options",
                    models.JSONField(
                        default=list,
                        help_text="The answers to choose from; none where any text is an answer.",
                    ),
                ),
                (
                    "suggestion",
                    models.CharField(
                        blank=True, help_text="What the agent would say.", max_length=300
                    ),
                ),
                (
                    "confidence",
                    models.FloatField(
                        blank=True,
                        help_text="The probability that the suggestion is right.",
                        null=True,
                    ),
                ),
                ("agent", models.CharField(max_length=64)),
                ("model", models.CharField(max_length=200)),
                ("asset_id", models.UUIDField(blank=True, null=True)),
                ("other_id", models.UUIDField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, max_length=2000)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client_account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        default=tenancy.scope.current_client_account_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.clientaccount",
                    ),
                ),
                (
                    "engagement",
                    tenancy.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        default=tenancy.scope.current_engagement_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.engagement",
                    ),
                ),
                (
                    "flow",
                    tenancy.models.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="questions",
                        to="discovery.flow",
                    ),
                ),
            ],
            options={
                "verbose_name": "question to people",
                "verbose_name_plural": "questions to people",
                "ordering": ["created_at", "id"],
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["client_account", "flow", "created_at", "id"],
                        name="question_page_idx",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client_account", "flow", "key"), name="question_asked_once_in_flow"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="flow",
            constraint=models.UniqueConstraint(
                fields=("client_account", "id"), name="flow_in_account"
            ),
        ),
        IsolateTenant("AgentCall"),
        IsolateTenant("AgentStanding"),
        IsolateTenant("AgentPolicy"),
        IsolateTenant("FlowQuestion"),
        Audit("AgentPolicy", ignored=["updated_at", "updated_by_id"]),
        Audit("FlowQuestion"),
    ]
