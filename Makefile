# laep: everything a fresh machine needs is Python 3.11 or later, git and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test compare check peers format docs sample bench validate canary clean

help:  ## Show what make can do
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: $(READY)  ## Make the environment in .venv

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("laep needs Python 3.11 or later, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(READY)  ## Make a plan of the sample village
	rm -rf demo
	$(BIN)/laep demo --into demo

test: $(READY)  ## Run the tests
	PYTHONWARNDEFAULTENCODING=1 $(BIN)/python -m pytest

# A sine differs in its last digit where numpy works on many numbers at once, and so from one processor to another.
compare: $(READY)  ## Run the tests that compare results with kept ones as an older processor would
	NPY_DISABLE_CPU_FEATURES="$$($(BIN)/python -c 'import numpy; print(*numpy.show_config("dicts")["SIMD Extensions"].get("found", []))')" \
		$(BIN)/python -m pytest -m compares

check: $(READY)  ## Check style, format, types, import rules and generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

format: $(READY)  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)  ## Write the generated docs: commands, layers, assumptions, sources
	$(BIN)/python docs/generate.py

sample: $(READY)  ## Make sample_data/ again from its script
	$(BIN)/python sample_data/make.py

bench: $(READY)  ## Run every benchmark but the torture, which takes hours: python -m benchmarks torture
	$(BIN)/python -m benchmarks $$($(BIN)/python -m benchmarks --list | cut -d' ' -f1 | grep -vx torture)

peers: $(READY)  ## Install what benchmarks compare laep with
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[peers]'
	@command -v grass >/dev/null || echo "GRASS is a program of the system: install it as grass-core (apt), grass (dnf, brew)."

validate: $(READY)  ## Write docs/validation.md: how right light and yields are
	$(BIN)/python -m benchmarks.validation

canary: $(READY)  ## Ask every portal what it has today, and write the answers into docs/live.md
	$(BIN)/python docs/canary.py

clean:  ## Remove what make made
	rm -rf $(VENV) demo dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
