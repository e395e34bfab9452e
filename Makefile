# Two commands do all the set-up: `make run` starts the bot, `make test` passes the tests.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
SEMANTIC := .venv-semantic
SOURCES := bot handlers scheduled store tests
PYTEST_WORKERS ?= 2

.PHONY: install run test test-semantic check year chaos bench bench-faq lock catalogues fake-slack clean

install: $(VENV)/.dev

run: $(VENV)/.run
	$(BIN)/python -m bot serve

# TESTS narrows it down: make test TESTS=tests/test_groups.py
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) $(TESTS)

# The FAQ engine by meaning, with its packages in an environment of their own; needs FAQ_MODEL_DIR.
test-semantic: $(SEMANTIC)/.made
	$(SEMANTIC)/bin/python -m pytest -o "norecursedirs=.*" tests/semantic

# A Slack to develop against, in the browser at http://127.0.0.1:3001/ (docs/develop/local-slack.md).
fake-slack: $(VENV)/.dev
	$(BIN)/python -m tests.fakes.slack $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) -m "not browser and not processes"

# A year of reminders in under three minutes, compared with what was expected by hand (tests/simulation/year.txt).
year: $(VENV)/.dev
	$(BIN)/python -m tests.simulation.year
# 5,000 reminders in a storm of faults, on PostgreSQL and on SQLite. ARGS="--seed 7" names its dice.
chaos: $(VENV)/.dev
	$(BIN)/python -m tests.simulation.chaos $(ARGS)

# Figures of one run, each beside a reference of the same run; nothing is asserted.
bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench.mentions
	$(BIN)/python -m tests.bench.groups
	$(BIN)/python -m tests.bench.delivery
	$(BIN)/python -m tests.bench.reminders

# BENCH_DATA_DIR holds the public data (tests/bench/intents.py says which), for instance ../shared/benchmarks.
bench-faq: $(VENV)/.dev
	$(BIN)/python -m tests.bench.faq

lock:
	uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-annotate --no-header pyproject.toml -o requirements.lock
	uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-annotate --no-header pyproject.toml --group dev -o requirements-dev.lock
	uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-annotate --no-header pyproject.toml --extra semantic --constraints requirements-dev.lock -o requirements-semantic.lock

# Bring the Welsh catalogue up to date with the strings in the code; new ones come out empty.
catalogues: $(VENV)/.dev
	$(BIN)/pybabel -q extract -F locales/babel.cfg -k N_ --no-location --sort-output -o $(VENV)/messages.pot .
	$(BIN)/pybabel -q update -i $(VENV)/messages.pot -d locales -l cy --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

$(SEMANTIC)/.made: requirements-semantic.lock requirements-dev.lock
	$(PYTHON) -m venv $(SEMANTIC)
	$(SEMANTIC)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(SEMANTIC)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-semantic.lock
	touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) $(SEMANTIC) .mypy_cache .ruff_cache .pytest_cache
