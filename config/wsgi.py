"""The entry point of WSGI servers."""

import gc
import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

from tenancy.postgresql.start import refuse_a_bypassing_role

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Request(WSGIRequest):
    """Text is UTF-8. Django would take any codec of Python that the client names, rot13 too."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(
            meta.get("CONTENT_TYPE", "")
        )


class Application(WSGIHandler):
    request_class = Request


django.setup(set_prefix=False)
application = Application()
refuse_a_bypassing_role()

# What start-up made lives as long as the process: no collection need look at it again.
gc.collect()
gc.freeze()
