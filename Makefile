# The daily commands. `make` alone lists them; each first sets up what it lacks.

PYTHON ?= python3
PORT ?= 8501
SYSTEM ?= yes

venv = .venv/bin/python
# Each file of tests in one process, so that its tests share what they set up. There is
# one process more than processors (tests/conftest.py).
# What Python compiles is kept: else each process that a test starts compiles it anew.
unexport PYTHONDONTWRITEBYTECODE
tests = $(venv) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
setup = $(PYTHON) bootstrap.py $(if $(filter no,$(SYSTEM)),--no-system)

# so that the folder docs is no target
.PHONY: docs help run check quick test soak lint lock screens demo bench setup

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s%s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  PORT=8502 serves elsewhere; SYSTEM=no leaves the system's packages alone;"
	@echo "  PYTHON=python3.12 picks the Python; ARGS=... goes to pytest or the benchmarks."

run: ## open the app on http://localhost:8501
	@$(setup) run
	@$(venv) -m streamlit run app/asgi.py --server.port $(PORT)

check: ## lint, and run the tests that are quick, side by side
	@$(setup) test
	@$(MAKE) --no-print-directory --jobs 2 --keep-going lint quick

quick:
	@$(tests) --ignore tests/e2e -m "not kill and not large and not soak" $(ARGS)

test: ## run all tests
	@$(setup) test
	@$(tests) $(ARGS)

soak: ## run the long proofs: kills at any moment, and the like
	@$(setup) test
	@OCR_CORE_SOAK=yes $(venv) -m pytest -m soak $(ARGS)

lint: ## check format, style, types and translations
	@$(setup) test --no-system
	$(venv) -m ruff format --check .
	$(venv) -m ruff check .
	$(venv) -m mypy
	$(venv) -m tests.support.translations

docs: ## build the documentation: build/docs/index.html
	@$(setup) docs --no-system
	@.venv/bin/zensical build --strict -f mkdocs.yml

screens: ## take README's pictures of the app anew, and those of its start screen
	@$(setup) test
	@$(venv) -m app.projects.build_pictures
	@OCR_SCREENS=1 $(venv) -m pytest tests/e2e/test_screens.py

demo: ## draw and read the demo corpus anew: app/projects/demo_corpus.zip
	@$(setup) test
	@$(venv) -m app.projects.build_demo

bench: ## measure, side by side with the peers
	@$(setup) test
	@$(venv) -m benchmarks $(ARGS)

lock: setup ## note the versions installed in requirements.lock
	@$(venv) -m pip freeze --exclude-editable > requirements.lock

setup: ## look again for what is missing, and install it
	@$(setup) test --again
