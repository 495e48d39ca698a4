"""What a disk that is full or cannot be written means to a client."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.http import UnreadablePostError
from rest_framework import status
from rest_framework.exceptions import APIException

_log = logging.getLogger(__name__)


class StorageUnavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "storage_unavailable"
    default_detail = (
        "The upload could not be stored, and nothing of it was kept. Try again later; if it fails "
        "again, ask the operator to look at the disk of the uploads."
    )
    wait = 60


class RowsUnavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "storage_unavailable"
    default_detail = (
        "The rows of the table could not be read from the disk of the uploads. Try again later; "
        "if it fails again, ask the operator to look at that disk."
    )
    wait = 60


@contextmanager
def storing() -> Iterator[None]:
    """Raises StorageUnavailable where the block cannot write."""
    try:
        yield
    except UnreadablePostError:
        raise  # the client went away, and no disk is to blame
    except OSError as error:
        _log.exception("An upload could not be stored")
        raise StorageUnavailable from error
