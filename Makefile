# make demo   set up, then the whole way on synthetic talkers -> runs/demo/report.html
# make test   set up, then the test suite
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := 0.13.8

.PHONY: setup demo test lint lock clean

setup: $(VENV)/.installed

# uv checks every wheel against the hashes in requirements.lock.
$(VENV)/.installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv==$(UV)
	$(BIN)/uv pip install --quiet --python $(BIN)/python \
	  --constraint requirements.lock --editable '.[dev]'
	touch $@

demo: setup
	$(BIN)/python -m tools.demo --workdir=runs/demo

test: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Names, versions and hashes for every extra and every supported Python; torch
# is left out, whose CUDA packages contradict those of jax[cuda].
lock: setup
	$(BIN)/uv pip compile --universal --python-version 3.11 --extra cuda --extra tpu \
	  --extra tensorflow --extra beam --extra app --extra app-test --extra export --extra c2pa \
	  --extra landmarks --extra dev \
	  --generate-hashes --no-annotate --no-header --no-config \
	  --no-emit-index-url --no-emit-find-links --quiet --upgrade \
	  pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) runs
