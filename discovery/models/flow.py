"""A discovery flow: one row and one id, and one row for each of its phases.

discovery/engine.py alone writes these rows. Phase, progress, error and results are derived from
the phase runs, so that no two places can disagree.
"""

from datetime import timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from discovery.models.imports import DataImport
from discovery.phases.order import COMPLETED, PHASES, WEIGHTS
from tenancy.models import EngagementModel, TenantForeignKey


class Flow(EngagementModel):
    class Status(models.TextChoices):
        RUNNING = "running"
        PAUSED = "paused"
        COMPLETED = "completed"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Review(models.TextChoices):
        ALWAYS = "always", "pause after the mapping"
        WHEN_UNSURE = "when_unsure", "pause after the mapping if a column is in doubt"
        NEVER = "never", "run through; what is in doubt stays in attributes"

    MAPPING_REVIEW = "mapping_review"
    AGENT_QUESTIONS = "agent_questions"

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=10_000)
    data_import = TenantForeignKey(
        DataImport,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="flows",
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.RUNNING)
    waiting_for = models.CharField(
        max_length=64, blank=True, help_text="What a paused flow waits for."
    )
    review = models.CharField(
        max_length=16,
        choices=Review,
        default=Review.NEVER,
        help_text="When the flow waits for people to look at its mappings.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # By the database's clock, like the calls of agents that are counted since then.
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    nudged_at = models.DateTimeField(
        default=timezone.now, help_text="When a worker was last told that there is work."
    )

    class Meta(EngagementModel.Meta):
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(
                fields=["client_account", "engagement", "-created_at"], name="flow_page_idx"
            ),
            models.Index(fields=["client_account", "data_import"], name="flow_import_idx"),
            # The sweeper looks across tenants, and only at flows that run.
            models.Index(
                fields=["nudged_at"], condition=models.Q(status="running"), name="flow_sweep_idx"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "engagement", "id"], name="flow_in_engagement"
            ),
            # What belongs to the account alone, such as what was asked of agents, points here.
            models.UniqueConstraint(fields=["client_account", "id"], name="flow_in_account"),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def runs(self) -> dict[str, "PhaseRun"]:
        """The phase runs by name, in the order of the phases."""
        by_name = {run.phase: run for run in self.phase_runs.all()}
        # A flow of an older release may lack a phase.
        return {name: by_name[name] for name in PHASES if name in by_name}

    @property
    def phases(self) -> "list[PhaseRun]":
        return list(self.runs.values())

    @property
    def current_phase(self) -> str:
        unfinished = (name for name, run in self.runs.items() if not run.is_done)
        return next(unfinished, COMPLETED)

    @property
    def progress_percentage(self) -> float:
        """0 to 100: the finished share of the phases, weighted by the time they usually take."""
        finished = sum(WEIGHTS[name] * run.fraction for name, run in self.runs.items())
        return round(100 * finished / (sum(WEIGHTS[name] for name in self.runs) or 1), 1)

    @property
    def failed_run(self) -> "PhaseRun | None":
        failed = (run for run in self.runs.values() if run.status == PhaseRun.Status.FAILED)
        return next(failed, None)

    @property
    def results(self) -> dict[str, Any] | None:
        done = self.runs.get(COMPLETED)
        return done.result if done and self.status == self.Status.COMPLETED else None

    @property
    def execution_time(self) -> timedelta:
        return (self.finished_at or timezone.now()) - self.started_at


class PhaseRun(EngagementModel):
    """One phase of a flow. `attempt` is the fence: a worker writes only under its own number."""

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        COMPLETED = "completed"
        SKIPPED = "skipped", "nothing to do"
        FAILED = "failed"

    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="phase_runs")
    phase = models.CharField(max_length=32, choices=[(name, name) for name in PHASES])
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0, help_text="Attempts since the last retry.")
    lease_until = models.DateTimeField(null=True, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)
    result = models.JSONField(default=dict, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    retryable = models.BooleanField(default=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(EngagementModel.Meta):
        verbose_name = "phase run"
        ordering = ["flow", "started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "flow", "phase"], name="one_run_per_phase"
            )
        ]

    def __str__(self) -> str:
        return f"{self.phase} of {self.flow}"

    @property
    def is_done(self) -> bool:
        return self.status in {self.Status.COMPLETED, self.Status.SKIPPED}

    @property
    def fraction(self) -> float:
        if self.is_done:
            return 1.0
        return min(self.done / self.total, 1.0) if self.total else 0.0


class FlowEvent(EngagementModel):
    """What happened to a flow, and when."""

    id = models.BigAutoField(primary_key=True)  # type: ignore[assignment]  # in order of time
    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    phase = models.CharField(max_length=32, blank=True)
    kind = models.CharField(max_length=32)
    message = models.TextField(blank=True)

    class Meta(EngagementModel.Meta):
        ordering = ["id"]
        indexes = [
            models.Index(fields=["client_account", "flow", "id"], name="event_page_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.kind} {self.phase}"
