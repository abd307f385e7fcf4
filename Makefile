# Each target sets up what it needs; a second run sets up nothing again.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_FOR_DEMO := $(VENV)/.ready-for-demo
SETUP := pyproject.toml constraints.txt scripts/setup
CHECKED := src tests benchmarks

.PHONY: demo test check format clean

demo: $(READY_FOR_DEMO)
	$(BIN)/copytrace demo -o demo --replace
	scripts/host-demo $(BIN) demo

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

$(READY_FOR_DEMO): $(SETUP)
	scripts/setup $(VENV) demo
	touch $@

$(READY): $(SETUP) scripts/s3-tools.txt
	scripts/setup $(VENV) all
	touch $(READY_FOR_DEMO) $@

clean:
	rm -rf $(VENV) demo .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
