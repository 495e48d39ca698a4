"""The edges of the application: settings, URLs, Celery, the error and pagination contract."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
