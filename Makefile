# make quickstart   trains the toy streets in minutes and names an image
# make test         the test suite
# make test-fast    the tests that take no more than a moment each
# make test-user    commands as users give them: documents, notebook, pip install
#                   and bad input
# make test-tpu     the train step compiles for TPUs (fetches their compiler)
# make faults       tries to break every command, at length, and reports
# make lint         formatting, style and types
PYTHON ?= python3
BIN = .venv/bin
PYTEST = $(BIN)/python -m pytest --numprocesses=auto --dist=loadfile \
  --no-loadscope-reorder

.PHONY: quickstart test test-fast test-user test-tpu faults lint

quickstart: .venv/installed
	$(BIN)/python -m instgan_jax.main \
	  --config configs/toy_street.py --workdir runs/toy_street

test: .venv/installed
	$(PYTEST) -m 'not user and not tpu'

test-fast: .venv/installed
	$(PYTEST) -m 'not slow and not user and not tpu'

test-user: .venv/installed
	$(PYTEST) -m user

test-tpu: .venv/installed
	$(BIN)/python -m pip install --quiet --no-deps -r tests/requirements-tpu.txt \
	  || echo 'No libtpu for this machine: its tests are skipped.'
	$(PYTEST) -m tpu

faults: .venv/installed
	$(BIN)/python -m tests.faults --write

lint: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

.venv/installed: pyproject.toml requirements.txt tests/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11 to 3.13 is needed, $$($(PYTHON) --version) was found:" \
	       "name one with 'make PYTHON=python3.12 ...'."; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt -r tests/requirements.txt
	@touch $@
