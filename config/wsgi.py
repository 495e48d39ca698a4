"""The entry point of WSGI servers."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from tenancy.postgresql.start import refuse_a_bypassing_role

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
refuse_a_bypassing_role()

# What start-up made lives as long as the process: no collection need look at it again.
gc.collect()
gc.freeze()
