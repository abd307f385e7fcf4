# Each target sets up what it needs, once.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_FOR_DEMO := $(VENV)/.ready-for-demo
READY_FOR_DOCS := $(VENV)/.ready-for-docs
SETUP := pyproject.toml constraints.txt scripts/setup
CHECKED := src tests benchmarks docs/conf.py docs/_extensions
SITE := build/docs

.PHONY: demo test check format docs docs-serve clean

# What was found comes last.
demo: $(READY_FOR_DEMO)
	@found=$$($(BIN)/copytrace demo -o demo --replace) && scripts/host-demo $(BIN) demo && echo "$$found"

test: $(READY)
	scripts/test

check: $(READY)
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format $(CHECKED)
	$(BIN)/ruff check --fix $(CHECKED)

# Every warning is an error; nothing is downloaded.
docs: $(READY_FOR_DOCS)
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs $(SITE)
	@echo "$(SITE)/index.html"

docs-serve: docs
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(SITE) 8000

$(READY_FOR_DEMO): $(SETUP)
	scripts/setup $(VENV) demo
	touch $@

$(READY_FOR_DOCS): $(SETUP)
	scripts/setup $(VENV) docs
	touch $@

$(READY): $(SETUP) scripts/s3-tools.txt
	scripts/setup $(VENV) all
	touch $(READY_FOR_DEMO) $(READY_FOR_DOCS) $@

clean:
	rm -rf $(VENV) demo build docs/generated .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
