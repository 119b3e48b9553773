# make quickstart   trains the toy streets in minutes and names a picture
# make test         the whole test suite
# make lint         formatting and style
PYTHON ?= python3
BIN = .venv/bin

.PHONY: quickstart test lint

quickstart: .venv/installed
	$(BIN)/python -m instgan_jax.main \
	  --config configs/toy_street.py --workdir runs/toy_street

test: .venv/installed
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile

lint: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

.venv/installed: requirements.txt tests/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11 to 3.13 is needed, $$($(PYTHON) --version) was found:" \
	       "name one with 'make PYTHON=python3.12 ...'."; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt -r tests/requirements.txt
	@touch $@
