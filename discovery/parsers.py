from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser


class UploadParser(MultiPartParser):
    """Refuses an upload by its announced length, before a byte of it is stored."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        announced = int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0)
        around_the_file = 2**20  # boundaries, headers and the other fields of the form
        if announced > settings.MAX_UPLOAD_MB * 2**20 + around_the_file:
            raise RequestDataTooBig(
                f"An upload may have at most {settings.MAX_UPLOAD_MB} MB (MAX_UPLOAD_MB)."
            )
        try:
            return super().parse(stream, media_type, parser_context)
        except ParseError as error:
            raise ParseError(
                "The form cannot be read: send multipart/form-data with a boundary, and all of it."
            ) from error
