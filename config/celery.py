"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import gc
import os
import tempfile
from importlib import import_module
from pathlib import Path

from celery import Celery, bootsteps
from django.conf import settings

from tenancy.postgresql.start import refuse_a_bypassing_role

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class RoleCheck(bootsteps.StartStopStep):
    """Before the pool is forked, so that no process shares the connection."""

    def __init__(self, parent: object, **options: object) -> None:
        refuse_a_bypassing_role()


class TemporaryFiles(bootsteps.StartStopStep):
    """In DATA_DIR, like all else that a worker writes; or where TMPDIR says."""

    def __init__(self, parent: object, **options: object) -> None:
        folder = Path(os.environ.setdefault("TMPDIR", str(settings.DATA_DIR / "tmp")))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.tempdir = None  # what it chose before


class AgentsReady(bootsteps.StartStopStep):
    """Loads crewai once, before the pool is forked: it takes 3 s and 170 MiB.

    What it loaded is out of the garbage collector's way then, whose walk over it takes 0.5 s.
    """

    requires = (TemporaryFiles,)

    def __init__(self, parent: object, **options: object) -> None:
        if settings.LLM_API_KEY:
            import_module("discovery.agents.crew")
            gc.freeze()


app.steps["worker"].add(RoleCheck)
app.steps["worker"].add(TemporaryFiles)
app.steps["worker"].add(AgentsReady)
