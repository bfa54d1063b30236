# make demo   set up, then the whole way on synthetic talkers -> runs/demo/report.html
# make test   set up, then the test suite
# make test-newest   a part of it on Python 3.13 or 3.14 with the newest JAX
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := 0.13.8

.PHONY: setup demo test test-newest newest lint lock clean

# What `make test-newest` runs: the import of every module, and the tests, of
# minutes, of what calls a library whose version differs between the two Pythons
# (requirements.lock says which: JAX, Flax, librosa, SciPy). All there are:
# make test-newest NEWEST_TESTS=tests
NEWEST_TESTS := $(addprefix tests/,$(addsuffix _test.py,audio checkpoint \
  collectives config_flag dataset devices features formats import_all layers \
  losses mfcc optimizer records schedule skipping train_step weight_files))

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

# Exit code 0 without such a Python: most machines have one only.
test-newest: setup
	@if python=$$(.ci/newest_python $(BIN)/uv); then \
	  $(MAKE) --no-print-directory newest VENV=.venv-newest PYTHON="$$python"; \
	elif [ -n "$$PYTHON_NEWEST" ]; then \
	  echo "PYTHON_NEWEST=$$PYTHON_NEWEST does not run, or has no venv." >&2; exit 1; \
	else \
	  echo '=============== NOT TESTED: the newest versions ==============='; \
	  echo 'No Python 3.13 or 3.14 that runs was found. To test by hand:'; \
	  echo '  uv python install 3.13'; \
	  echo '  make test-newest PYTHON_NEWEST="$$(uv python find 3.13)"'; \
	  echo '==============================================================='; \
	fi

newest: setup
	@$(BIN)/python -V
	@$(BIN)/uv pip list --python $(BIN)/python 2>&1 | grep -E \
	  '^(jax|jaxlib|flax|optax|orbax-checkpoint|grain|librosa|numpy|scipy|av) '
	@echo "$(words $(NEWEST_TESTS)) of $(words $(wildcard tests/*_test.py)) test files; \
	make test runs the others."
	$(BIN)/python -m pytest -n 2 --dist loadfile $(NEWEST_TESTS)

lint: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Names, versions and hashes for every extra and every supported Python; torch
# is left out, whose CUDA packages contradict those of jax[cuda].
lock: setup
	$(BIN)/uv pip compile --universal --python-version 3.11 --extra cuda --extra tpu \
	  --extra tensorflow --extra beam --extra app --extra app-test --extra export --extra fast --extra c2pa \
	  --extra landmarks --extra dev \
	  --generate-hashes --no-annotate --no-header --no-config \
	  --no-emit-index-url --no-emit-find-links --quiet --upgrade \
	  pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) .venv-newest runs
