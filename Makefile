# Two commands for a newcomer: `make run` and `make test`. Both install what they need first.
SHELL := /bin/bash
export PATH := $(PATH):$(CURDIR)/.venv/bin
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DATA ?= doorstep-data

.PHONY: run test check install contracts format lock clean

run: install
	$(BIN)/doorstep up --data $(DATA) --sample demo --public

test: install contracts/node_modules/.package-lock.json
	$(BIN)/python -m pytest -q

check: install contracts/node_modules/.package-lock.json
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python contracts/build.py --check

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Doorstep needs Python 3.11 or later; '$(PYTHON)' is older. Use: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# The Solidity sources of OpenZeppelin and, where py-solc-x cannot fetch a compiler, npm's solc.
# Needed to rebuild the contracts and to test that the committed artefact is what they compile to; never to run.
# Where the machine has no Node, one comes from PyPI into the virtual environment.
contracts/node_modules/.package-lock.json: contracts/package-lock.json $(STAMP)
	@command -v npm >/dev/null || $(BIN)/python -m pip install -q --disable-pip-version-check \
	  --require-hashes -r requirements-node.lock
	cd contracts && npm ci --silent
	@touch $@

contracts: install contracts/node_modules/.package-lock.json
	$(BIN)/python contracts/build.py

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-find-links --no-emit-index-url \
	  --no-annotate --no-header --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) contracts/node_modules
