"""`Idempotency-Key`: a POST that is sent again creates nothing again, and is answered the same."""

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, Final, cast

from django.utils.datastructures import MultiValueDict
from django.utils.encoding import force_str
from orjson import Fragment
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import caller
from accounts.models.kept_answers import KeptAnswer, expired

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_WELL_FORMED: Final = re.compile(r"[\x20-\x7e]{1,255}")
_KEPT_HEADERS: Final = ("ETag", "Location")


class BadKey(APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "idempotency_key"
    default_detail = f"The header {HEADER} must be 1 to 255 printable ASCII characters."


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = f"This {HEADER} came with another request already. Take a new one."


def _parts(data: MultiValueDict[str, Any]) -> Iterator[bytes]:
    """The fields and files of a form, files in chunks: its own bytes hold a random boundary."""
    for name in sorted(data):
        for value in data.getlist(name):
            yield f"\0{name}\0{getattr(value, 'name', value)}\0".encode()
            if chunks := getattr(value, "chunks", None):
                yield from chunks()
                value.seek(0)


def _fingerprint(request: Request) -> str:
    digest = sha256(f"{request.method} {request.path.rstrip('/')}\0".encode())
    if (request.content_type or "").startswith("multipart/"):
        for part in _parts(cast("MultiValueDict[str, Any]", request.data)):
            digest.update(part)
    else:
        digest.update(request._request.body)
    return digest.hexdigest()


def _reserved(request: Request, key: str) -> tuple[KeptAnswer, bool]:
    """The row of this key, and whether this request made it. Raises KeyReused.

    A twin that runs at the same time waits in the INSERT until the first one has committed, and
    then finds its answer. If the first one failed, its row is gone and the twin's stays.
    """
    own = KeptAnswer(user=caller(request), key=key, fingerprint=_fingerprint(request))
    mine = KeptAnswer.objects.filter(user=own.user, key=key)
    mine.filter(expired()).delete()
    KeptAnswer.objects.bulk_create([own], ignore_conflicts=True)
    kept = mine.get()
    if kept.fingerprint != own.fingerprint:
        raise KeyReused
    return kept, kept.pk == own.pk


def _keep(kept: KeptAnswer, response: Response, text: bytes | str) -> None:
    KeptAnswer.objects.filter(pk=kept.pk).update(
        status=response.status_code,
        headers={name: response.headers[name] for name in _KEPT_HEADERS if name in response},
        body=force_str(text),
    )


def once(request: Request, create: Callable[[], Response]) -> Response:
    """The answer of `create`, which is not called if this key has one already."""
    key = request.headers.get(HEADER)
    if key is None:
        return create()
    if not _WELL_FORMED.fullmatch(key):
        raise BadKey
    kept, is_first = _reserved(request, key)
    if is_first:
        response = create()
        _keep(kept, response, request.accepted_renderer.render(response.data))
        return response
    headers = kept.headers | {REPLAYED: "true"}
    return Response(Fragment(kept.body), status=kept.status, headers=headers)
