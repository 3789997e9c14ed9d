# The eight targets of daily work; `make help` lists them.
.PHONY: check fix test slow docs examples data help
PYTHON ?= python

check:  ## lint, format, types, import contract
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	lint-imports

fix:  ## what the linters can mend themselves
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

test:  ## the fast suite, offline
	$(PYTHON) -m pytest

slow:  ## statistical checks and long runs
	$(PYTHON) -m pytest -m slow

docs:  ## build the documentation into site/
	$(PYTHON) -m mkdocs build --strict

examples:  ## run every experiment in its smoke mode
	$(PYTHON) -m pytest tests/experiments -m "slow or not slow"

data:  ## build the bundled meta-dataset anew from raw tables (hours)
	$(PYTHON) experiments/bundled_data/build.py --help

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'
