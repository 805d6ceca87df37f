# Everything that is done by hand has a name here. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
LANGUAGES := pl et lv

.PHONY: help install run test check lint bench format lock messages reset-demo clean
help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: install ## start the whole product with its demonstration company
	@exec $(BIN)/python -m embedded run

test: install ## run the whole suite on throw-away servers, with coverage
	$(BIN)/python -m pytest -n auto --cov --cov-report=term --cov-fail-under=0

check: install ## all that must be in order before a change lands
	@exec bash .ci/check

lint: install ## look at the code without running it
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates

bench: install ## measure speed and memory beside bare SQL (benchmarks/README.md)
	$(BIN)/python -m benchmarks

format: install ## put the code into its form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: install ## resolve the dependencies anew, all of them and those of production
	$(BIN)/uv pip compile -q --generate-hashes --no-header --upgrade \
	  --python-version 3.11 pyproject.toml --all-extras -o requirements.lock
	$(BIN)/uv pip compile -q --generate-hashes --no-header --no-annotate --constraint requirements.lock \
	  --python-version 3.11 pyproject.toml -o requirements-production.lock

messages: install ## gather the texts to translate (needs gettext)
	@command -v xgettext >/dev/null || { \
	  echo "xgettext is missing. On Debian: apt-get install gettext" >&2; exit 1; }
	$(BIN)/python manage.py makemessages $(LANGUAGES:%=--locale=%) \
	  --no-obsolete --no-wrap --add-location=file \
	  --ignore=$(VENV) --ignore=var --ignore=tests --ignore=benchmarks

reset-demo: install ## remove the demonstration's data
	@$(BIN)/python -m embedded reset

clean: ## remove what checks and tests leave behind
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov
	rm -f .coverage .coverage.*
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

install: $(INSTALLED)

$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is not one." \
	       "Name another: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv module is missing. On Debian, type: apt-get install python3-venv" >&2; \
	  exit 1; }
	@echo "Installing into $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet \
	  --disable-pip-version-check "uv>=0.13,<0.14"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	@touch $@
