# Everything runs in .venv, with the versions pinned in constraints.txt. Needs Python >= 3.11 (with pip and venv) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PERSONS ?= 100000
# One worker more than there are processors: many tests wait for a browser, a server or a process that is killed.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
# Hundreds of processes import the same files: what they compile is kept, even where the environment says otherwise.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install hooks demo docs test test-spark clean

help:
	@echo "make demo   set up, build the demonstration register, run the demonstration request"
	@echo "make test   set up and run all tests"
	@echo "make docs   set up and build the documentation as pages: docs/_build/html/index.html"
	@echo "make test-spark   set up with the extra for Spark (needs Java 17 or later) and run its tests"
	@echo "make clean  remove the environment and the demonstration data (outputs stay)"

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; say which with: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true  # on all cores; some packages hold files for other Pythons
	@touch $@
	@$(MAKE) --no-print-directory hooks

# Notebooks are stripped of their outputs before a commit; a checkout without git, or with hooks of its own, does without.
hooks:
	@$(BIN)/pre-commit install >/dev/null 2>&1 || echo "No hook strips notebooks here: this is no git checkout, or it has hooks elsewhere."

data/demo/register.duckdb: $(VENV)/.installed
	$(BIN)/jdl synth --persons $(PERSONS) --seed 2013 --out data/demo

demo: data/demo/register.duckdb
	$(BIN)/jdl run foundation-2013

docs: $(VENV)/.installed
	$(BIN)/python docs/build.py

test: $(VENV)/.installed
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

test-spark: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,spark]'
	$(BIN)/python -m pytest tests/test_linkage_spark.py -rs

clean:
	rm -rf $(VENV) data/demo
