# Every target does its own set-up; all that is needed is Python 3.11 and make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

# One process more than there are processors: tests that wait for a lease or a server leave theirs idle.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST := -m pytest --dist worksteal -n

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check bench chaos lock clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: $(READY) ## make the virtual environment in .venv, from requirements.lock

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or say where it is with 'make PYTHON=/path/to/python3.11'."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## send the sample issue to 250 invented readers, into a folder
	@$(BIN)/newsletter demo

serve: $(READY) ## readers' pages, calendar and sending, on this machine
	@$(BIN)/newsletter serve

test: export COVERAGE_FILE := $(CURDIR)/var/coverage/data
test: $(READY) ## all tests; those of the database on PostgreSQL as well
	@rm -rf var/coverage && mkdir -p var/coverage
	@# The browser's interface keeps an event loop running, beside which no other test could start one: it has processes of its own.
	@$(BIN)/coverage run $(PYTEST) $(WORKERS) -m "not browser"
	@$(BIN)/coverage run $(PYTEST) auto -m browser
	@# Not measured: what SQLite's run did not reach of the program is a hundredth of it, and measuring costs a third of the time.
	@$(BIN)/python -m tests.on_postgresql $(BIN)/python $(PYTEST) $(WORKERS) -m database

check: $(READY) ## ruff, mypy, import-linter; and coverage, of the last 'make test'
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@test -d var/coverage || $(MAKE) --no-print-directory test
	@$(BIN)/python -m tests.coverage_floors

bench: $(READY) ## measure everything beside its anchor, and write docs/benchmarks.md
	@$(BIN)/python -m benchmarks

chaos: $(READY) ## kill the send a million deliveries long; 'make chaos CHAOS="--seed 7 --minutes 10"'
	@$(BIN)/python -m tests.chaos $(CHAOS)

lock: $(READY) ## write requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --upgrade --quiet --output-file requirements.lock

clean: ## remove the virtual environment and var/
	rm -rf $(VENV) var
