# `make` lists what can be done. Every target sets .venv up by itself; a second run needs no network.

PORT ?= 8000
DATA_DIR ?= var
MINUTES ?= 15
PYTHON := .venv/bin/python
STACK := $(PYTHON) -m config.embedded
# Enough for commands that load the settings and talk to no server.
NO_SERVERS := SECRET_KEY=only-for-linting-and-long-enough-for-the-checks-0123456789 DATABASE_URL=postgres://nobody@127.0.0.1:1/nothing REDIS_URL=redis://127.0.0.1:1
# No rate limit may end a run of the fuzzer.
LIFTED := 1000000000
COMPILE := uv pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo serve test fuzz lint bench coma openapi requirements clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
	  printf '  make %-13s %s\n' "$$name" "$$text"; done

setup: .venv/dev.stamp ## make .venv with everything, linters and tests included

demo: .venv/runtime.stamp ## import a sample inventory and show what became of it (FILE=path: that file)
	@test -z "$$FILE" || test -r "$$FILE" || { echo "There is no file $$FILE to read." >&2; exit 1; }
	@exec $(STACK) --temporary --port 0 -- $(PYTHON) manage.py demo $${FILE:+"$$FILE"}

serve: .venv/runtime.stamp ## run the API and all it needs until Ctrl-C (PORT=8000, DATA_DIR=var)
	@exec $(STACK) --port "$(PORT)" --data-dir "$(DATA_DIR)"

test: .venv/dev.stamp ## run the tests (ARGS='-k assets' goes to pytest)
	@$(PYTHON) -m pytest $(ARGS)

fuzz: .venv/dev.stamp ## look for answers that the API document does not promise (MINUTES=15)
	@RATE_LIMIT_ANON=$(LIFTED) RATE_LIMIT_USER=$(LIFTED) RATE_LIMIT_ACCOUNT=$(LIFTED) \
	  MINUTES="$(MINUTES)" \
	  $(STACK) --temporary --port 0 -- $(PYTHON) -m tests.fuzz

lint: .venv/dev.stamp ## check style, types, layers, migrations, the API's schema and the settings
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@$(NO_SERVERS) .venv/bin/mypy
	@.venv/bin/lint-imports
	@$(NO_SERVERS) $(PYTHON) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(NO_SERVERS) $(PYTHON) manage.py spectacular --fail-on-warn --validate --file /dev/null
	@$(NO_SERVERS) BEHIND_TLS=true $(PYTHON) manage.py check --deploy --fail-level WARNING

bench: .venv/dev.stamp ## measure (ARGS='flow --rows 10000'; bench/README.md lists what there is)
	@exec $(STACK) --temporary --port 0 -- $(PYTHON) -m bench $(ARGS)

coma: .venv-coma/stamp ## make .venv-coma with COMA, to which bench.mapping compares

openapi: .venv/dev.stamp ## write docs/openapi.yaml anew after a change of the API
	@$(NO_SERVERS) $(PYTHON) manage.py spectacular --fail-on-warn --validate --file docs/openapi.yaml

requirements: ## compile requirements*.in to pinned, hashed requirements*.txt (needs uv)
	@command -v uv >/dev/null || { echo "make requirements needs uv: pip install uv." >&2; exit 1; }
	$(COMPILE) --output-file requirements.txt requirements.in
	$(COMPILE) --output-file requirements-dev.txt requirements-dev.in
	$(COMPILE) --output-file bench/requirements-coma.txt bench/requirements-coma.in

clean: ## remove .venv and caches; data stays
	rm -rf .venv .venv-coma .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/runtime.stamp: requirements.txt
	$(call install,$<)
	@touch $@

# The development requirements hold the others.
.venv/dev.stamp: requirements-dev.txt
	$(call install,$<)
	@touch .venv/runtime.stamp $@

# Apart from .venv: pandas and NLTK serve nothing but this comparison.
.venv-coma/stamp: bench/requirements-coma.txt | .venv/dev.stamp
	@echo "Setting up .venv-coma"; $(PYTHON) -m venv --clear .venv-coma
	@.venv-coma/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# No stamp means that nothing was finished here: begin from nothing. The stamps go first, so that an
# interrupted installation heals at the next run. `exec`: what ends make ends these commands too.
# The umask lets PostgreSQL, which does not run as root, read its programs.
define install
@ls .venv/*.stamp >/dev/null 2>&1 && exit; umask 022; \
for python in python3.11 python3 python; do \
  $$python -c 'import ensurepip, sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || continue; \
  echo "Setting up .venv"; exec $$python -m venv --clear .venv; \
done; \
echo "Python 3.11 with its venv module is needed: neither python3.11 nor python3 is that." >&2; exit 1
@umask 022; rm -f .venv/*.stamp; \
exec .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
endef
