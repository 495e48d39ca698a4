"""The entry point of WSGI servers."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# What start-up made lives as long as the process: no collection need look at it again.
gc.collect()
gc.freeze()
