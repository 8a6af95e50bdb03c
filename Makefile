# Everything runs in a virtual environment of the checkout; `make help` lists the targets.
VENV ?= .venv
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: demo test lint types fuzz mutants chat chat-test chat-load build site coverage bench rule clean help

demo: $(VENV)/.installed ## statelint over the bundled anti-patterns
	@$(BIN)/statelint check fixtures/anti_patterns; status=$$?; \
	test $$status -eq 1 || { echo "expected findings (exit status 1), got exit status $$status" >&2; exit 1; }

test: $(VENV)/.installed-dev ## all tests, those of the chat service included (ARGS="-k pages")
	$(BIN)/python -m pytest -n auto --dist worksteal -rs $(ARGS)

lint: $(VENV)/.installed-dev ## ruff, import contracts, zizmor, and statelint over itself and the chat service
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/zizmor --offline --quiet .github action.yml
	$(BIN)/statelint check
	$(BIN)/statelint check fixtures/chat_service  # whose settings turn every rule on

fuzz: $(VENV)/.installed-dev ## fuzz what reads strangers' bytes, a minute each (ARGS="sql --seconds 1200")
	$(BIN)/python -m pip install --quiet --group fuzz
	$(BIN)/python fuzz/run.py $(ARGS)

mutants: $(VENV)/.installed-dev ## plant mistakes, see which the tests notice (ARGS="statelint/lint/baseline.py --tests tests/lint")
	$(BIN)/python tools/mutants.py $(ARGS)

types: $(VENV)/.installed-dev ## mypy in strict mode
	$(BIN)/mypy

chat: $(VENV)/.installed-dev ## run the reference chat service on http://127.0.0.1:8000
	$(MAKE) -C fixtures/chat_service run PYTHON=$(abspath $(BIN)/python)

chat-test: $(VENV)/.installed-dev ## the chat service's tests alone
	$(MAKE) -C fixtures/chat_service test PYTHON=$(abspath $(BIN)/python)

chat-load: $(VENV)/.installed-dev ## many users of the chat service at once, for half a minute (ARGS="--users 10 --database sqlite")
	$(BIN)/python -m pip install --quiet --group load
	$(BIN)/python benchmarks/load.py $(ARGS)

build: $(VENV)/.installed-dev ## source distribution and wheel in dist/
	$(BIN)/python -m build

site: $(VENV)/.installed-dev ## the documentation site in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

coverage: $(VENV)/.installed ## docs/coverage.md from tools/document.toml
	$(BIN)/python tools/coverage_table.py

bench: $(VENV)/.installed-dev ## speed against peers, paired in one run (ARGS), and growth with a picture (GROWTH)
	$(BIN)/python benchmarks/cold.py $(ARGS)
	$(BIN)/python benchmarks/growth.py --svg docs/images/growth.svg $(GROWTH)

rule: $(VENV)/.installed ## start a rule: make rule CODE=SL110 NAME=bad-thing
	$(BIN)/python tools/new_rule.py $(CODE) $(NAME)

clean: ## remove what was built and cached, and the virtual environment
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Debian's python3 may come without ensurepip: then the pip that is there fetches one.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "statelint needs Python 3.11 or newer" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { $(PYTHON) -m venv --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@ $(VENV)/.installed
