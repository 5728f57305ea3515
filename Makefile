# Everything from a bare clone: each target makes its own .venv first. `make help` lists them.
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
TOOLS := $(VENV)/.installed-tools

.PHONY: help demo test check format clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

demo: | first  ## see training code get better, and decide on it (about two minutes)
	@$(MAKE) --no-print-directory $(READY)
	@$(BIN)/regency demo

test: | first  ## run the test suite (PYTEST=--run-slow adds the slow tests)
	@$(MAKE) --no-print-directory $(TOOLS)
	@$(BIN)/python -m pytest $(PYTEST)

check: | first  ## style, types, import floors, sizes, docs in step
	@$(MAKE) --no-print-directory $(TOOLS)
	@scripts/check

format: | first  ## format the code
	@$(MAKE) --no-print-directory $(TOOLS)
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean:  ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: first
first:
	@test -f $(READY) || echo "Regency: setting up $(VENV) first, once."

$(READY): pyproject.toml scripts/install
	@scripts/install $(VENV)
	@touch $(READY)

$(TOOLS): pyproject.toml scripts/install
	@scripts/install $(VENV) dev
	@touch $(READY) $(TOOLS)
