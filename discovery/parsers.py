from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser

from discovery.storage import StorageUnavailable, storing


class UploadParser(MultiPartParser):
    """Refuses an upload by its announced length, before a byte of it is stored."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request = (parser_context or {})["request"]
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
        around_the_file = 2**20  # boundaries, headers and the other fields of the form
        if announced > settings.MAX_UPLOAD_MB * 2**20 + around_the_file:
            raise RequestDataTooBig(
                f"An upload may have at most {settings.MAX_UPLOAD_MB} MB (MAX_UPLOAD_MB)."
            )
        try:
            with storing():
                parsed = super().parse(stream, media_type, parser_context)
        except StorageUnavailable:
            for handler in request.upload_handlers:
                with suppress(OSError):  # closing writes what is left, to the same disk
                    handler.upload_interrupted()
            raise
        except ParseError as error:
            raise ParseError(
                "The form cannot be read: send multipart/form-data with a boundary, and all of it."
            ) from error
        # A client chooses the encoding of these names, and can so make what is no Unicode.
        if not all(map(_is_text, [*parsed.data, *parsed.files])):
            raise ParseError("The form has a field whose name is not text.")
        return parsed


def _is_text(name: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in name)
