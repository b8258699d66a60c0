PYTHON ?= python3
BIN := .venv/bin
TORCH := torch==2.13.0

.DEFAULT_GOAL := help
.PHONY: help demo test check bench clean

help:  ## List what make can do.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/.runtime  ## Crawl the bundled demo platform, show the findings, and open the console.
	@$(BIN)/lurewatch doctor --mend --quiet
	@$(BIN)/lurewatch demo

test: .venv/.development  ## Run every test, in a real browser and on real databases.
	@$(BIN)/lurewatch doctor --mend --quiet
	$(BIN)/python -m pytest -q -n auto --dist loadfile

check: .venv/.development  ## Check format, lint, types and layers: what CI checks.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.development  ## Measure speed beside named peers, in the same run.
	$(BIN)/python -m pip install --quiet ftfy
	$(BIN)/python bench/normalise.py
	$(BIN)/python bench/classify.py
	$(BIN)/python bench/console.py
	$(BIN)/python bench/link.py
	$(BIN)/python bench/crawl.py 300 100
	$(BIN)/python bench/import.py
	$(BIN)/python bench/pictures.py

clean:  ## Remove what make made.
	rm -rf .venv build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "lurewatch needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.runtime: .venv/bin/python pyproject.toml
	@echo "Installing lurewatch into .venv ..."
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# torch first and by its exact version: a bare name may bring gigabytes meant for GPUs
.venv/.development: .venv/bin/python pyproject.toml
	@echo "Installing lurewatch with what training and tests need into .venv ..."
	@$(BIN)/python -m pip install --quiet $(TORCH)
	@$(BIN)/python -m pip install --quiet --editable '.[train,dev]'
	@touch $@ .venv/.runtime
