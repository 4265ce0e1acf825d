# Two commands for a newcomer: `make run` and `make test`. Both install what they need first.
SHELL := /bin/bash
export PATH := $(PATH):$(CURDIR)/.venv/bin
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DATA ?= doorstep-data

# A Node that is new enough: the machine's own, or the one that $(NODE) put into the virtual environment.
WITH_NODE := PATH="$$([ -x '$(CURDIR)/$(BIN)/node' ] && printf '%s:' '$(CURDIR)/$(BIN)')$$PATH"
NODE := $(VENV)/.node
CLIENTS := hardhat-free-devnet/tests/clients
PAGES := api/pages/built/.built
PAGE_SOURCES := $(shell find web/src web/pages web/public web/build web/*.ts -type f 2>/dev/null)
CHROMIUM ?= $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name))))

# Analysers with environments of their own: what they need clashes with what Doorstep needs.
SLITHER := $(VENV)/slither
HALMOS := $(VENV)/halmos

.PHONY: run test test-python test-pages check analyse prove install pages contracts format lock clean

run: install $(PAGES)
	$(BIN)/doorstep up --data $(DATA) --sample demo --public

test: test-pages test-python

test-python: install $(PAGES) contracts/node_modules/.package-lock.json $(CLIENTS)/node_modules/.package-lock.json
	$(BIN)/python -m pytest -q

# The pages' own: digests and logic by themselves, then every page in a browser over a real network.
test-pages: install $(PAGES) web/node_modules/.for-tests
	cd web && $(WITH_NODE) npx --no-install playwright test --project=unit
	@if [ -n "$(CHROMIUM)" ]; then cd web && $(WITH_NODE) CHROMIUM="$(CHROMIUM)" npx --no-install playwright test --project=browser; \
	elif [ -n "$$CI" ]; then echo "The browser tests need Chromium, and this is CI: .ci/run installs it." >&2; exit 1; \
	else echo "NOT RUN: the browser tests need Chromium. Install it (Debian: apt-get install chromium), or name one: make test CHROMIUM=/path/to/it" >&2; fi

pages: $(PAGES)

check: install contracts/node_modules/.package-lock.json web/node_modules/.for-tests analyse prove
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python contracts/build.py --check
	cd web && $(WITH_NODE) npx --no-install tsc --noEmit
	cd web && $(WITH_NODE) npx --no-install biome check --error-on-warnings .

# Every finding of slither's is fixed, or explained in contracts/slither-findings.json.
analyse: $(SLITHER)/.installed contracts/node_modules/.package-lock.json
	$(WITH_NODE) $(BIN)/python contracts/analyse.py $(SLITHER)/bin/slither

# What contracts/proofs/ says of the packed slots holds for every value; compiled afresh, for npm's forge ends with 0 also
# where nothing compiled, and halmos would take what is there.
prove: $(HALMOS)/.installed contracts/node_modules/.package-lock.json contracts/proofs/node_modules/.package-lock.json
	rm -rf contracts/proofs/out contracts/proofs/cache
	cd contracts && export $(WITH_NODE) FOUNDRY_CONFIG=proofs/foundry.toml && PATH="proofs/node_modules/.bin:$$PATH" \
	  timeout 600 $(CURDIR)/$(HALMOS)/bin/halmos --root . --forge-build-out proofs/out --solver-timeout-assertion 60s

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
contracts/node_modules/.package-lock.json: contracts/package-lock.json $(NODE)
	cd contracts && $(WITH_NODE) npm ci --silent
	@touch $@

# JavaScript clients that the devnet is tested with.
$(CLIENTS)/node_modules/.package-lock.json: $(CLIENTS)/package-lock.json $(NODE)
	cd $(CLIENTS) && $(WITH_NODE) npm ci --silent
	@touch $@

contracts/proofs/node_modules/.package-lock.json: contracts/proofs/package-lock.json $(NODE)
	cd contracts/proofs && $(WITH_NODE) npm ci --silent
	@touch $@

$(VENV)/%/.installed: requirements-%.lock $(STAMP)
	$(PYTHON) -m venv $(VENV)/$*
	$(VENV)/$*/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(NODE): $(STAMP) requirements-node.lock
	@{ command -v npm && node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
	  process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)'; } >/dev/null 2>&1 || \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-node.lock
	@touch $@

# What builds the pages, and, for tests and checks, what checks them too.
web/node_modules/.for-pages: web/package-lock.json $(NODE)
	cd web && $(WITH_NODE) npm ci --silent --omit=dev
	@touch $@

web/node_modules/.for-tests: web/package-lock.json $(NODE)
	cd web && $(WITH_NODE) npm ci --silent
	@touch $@ web/node_modules/.for-pages

$(PAGES): $(PAGE_SOURCES) web/package-lock.json | web/node_modules/.for-pages
	cd web && $(WITH_NODE) npm run --silent build
	@touch $@

contracts: install contracts/node_modules/.package-lock.json
	$(BIN)/python contracts/build.py

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	cd web && $(WITH_NODE) npx --no-install biome check --write .

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-find-links --no-emit-index-url \
	  --no-annotate --no-header --extra dev pyproject.toml -o requirements.lock
	for tool in slither-analyzer==0.11.6:slither halmos==0.3.3:halmos; do \
	  echo "$${tool%%:*}" | uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-find-links \
	    --no-emit-index-url --no-annotate --no-header - -o requirements-$${tool##*:}.lock; done

clean:
	rm -rf $(VENV) contracts/node_modules web/node_modules $(CLIENTS)/node_modules api/pages/built \
	  contracts/proofs/node_modules contracts/proofs/out contracts/proofs/cache
