# make demo         generates streets with the generator that ships, in seconds
# make quickstart   trains the toy streets in minutes and names an image
# make test         the tests of every edit
# make test-fast    those of them that take no more than a moment each
# make test-user    what users run, as a whole: documents, notebook, pip install,
#                   pages in a browser, bad input, kills, benchmarks
# make test-tpu     the train step compiles for TPUs (fetches their compiler)
# make test-all     these three, in one run
# make test-oldest  the core of the suite with the oldest libraries supported
# make faults       tries to break every command, at length, and reports
# make lint         formatting, style and types
PYTHON ?= python3
BIN = .venv/bin
RUN_TESTS = -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder
PYTEST = $(BIN)/python $(RUN_TESTS)

# What an older JAX, Flax or Orbax could break.
CORE = $(addprefix tests/,build checkpoints data_pipeline evaluation exporting \
  inference losses models pretrained runtime train weights main_test.py \
  older_files_test.py)

.PHONY: demo quickstart test test-fast test-user test-tpu test-all test-oldest faults \
  lint

demo: .venv/installed
	@$(BIN)/python -m instgan_jax.generate \
	  --output_dir runs/demo --num_draws 3 --grid

# Memory in large pages, where Linux has them: docs/train.md has what that saves.
quickstart: export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1
quickstart: .venv/installed
	$(BIN)/python -m instgan_jax.main \
	  --config configs/toy_street_strong.py --workdir runs/toy_street

test: .venv/installed
	$(PYTEST) -m 'not user and not tpu'

test-fast: .venv/installed
	$(PYTEST) -m 'not slow and not user and not tpu'

test-user: .venv/installed
	$(PYTEST) -m user

test-tpu: .venv/tpu
	$(PYTEST) --dist=load -m tpu

test-all: .venv/tpu
	$(PYTEST)

test-oldest: .venv-oldest/installed
	.venv-oldest/bin/python $(RUN_TESTS) $(CORE) \
	  -m '(oldest or not slow and not user) and not tpu'

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

# Apart, since JAX looks for a TPU wherever it finds libtpu.
.venv/tpu: .venv/installed tests/requirements-tpu.txt
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target $@ \
	  -r tests/requirements-tpu.txt \
	  || echo 'No libtpu for this machine: its tests are skipped.'
	@mkdir -p $@
	@touch $@

.venv-oldest/installed: tests/requirements-oldest.txt
	$(PYTHON) -m venv --clear .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --upgrade pip
	.venv-oldest/bin/python -m pip install --quiet -r $<
	@touch $@
