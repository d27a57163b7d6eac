# `make` lists the targets. Each does its own set-up; see scripts/setup.sh.

PYTHON ?= python3
SOURCE ?= synthetic
DURATION ?= 20
OUT ?= out/demo
DEPTH ?=
ROOM ?=
VIEW ?=
PYTHON_3_10 ?= python3.10
ARGS ?=

export PYTHON
# Where everything runs: the virtual environment with ROS 2 and the built package.
in_environment := scripts/run

.PHONY: help
help: ## List the targets
	@echo "Targets:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 19
	@echo "Variables: PYTHON=$(PYTHON) SOURCE=$(SOURCE) DURATION=$(DURATION) (seconds) OUT=$(OUT) ROOM=$(ROOM) ARGS=$(ARGS)"

.PHONY: setup
setup: ## Make .venv from the lock file and build the workspace, where something changed
	@scripts/setup.sh

.PHONY: setup-mediapipe
setup-mediapipe: ## Make .venv-mediapipe, the original to compare with
	@scripts/setup.sh mediapipe

.PHONY: setup-lab
setup-lab: ## Add PyTorch and stable-baselines3 for training to .venv
	@scripts/setup.sh lab

.PHONY: setup-view
setup-view: ## Add Rerun's SDK, which holds the page of view, to .venv
	@scripts/setup.sh view

.PHONY: demo
demo: $(if $(VIEW),setup-view,setup) ## Track hands on a real ROS 2 graph for DURATION seconds and write a report into OUT
	@$(in_environment) hand-tracking-dsp demo --source "$(SOURCE)" --duration $(DURATION) --out "$(OUT)" $(if $(DEPTH),--depth) $(if $(VIEW),--view) $(ARGS)

.PHONY: up
up: setup ## Start the nodes and keep them running until Ctrl-C
	@$(in_environment) hand-tracking-dsp up $(ARGS)

.PHONY: test
test: setup ## Run the tests, or those of one room (ROOM=tracking); ARGS="-k name" picks some
	@$(in_environment) pytest -n auto --maxprocesses 8 --dist worksteal $(if $(ROOM),test/$(ROOM)) $(ARGS)

.PHONY: test-jazzy
test-jazzy: ## Run the tests over ROS 2 Jazzy from PyPI, in an environment of their own
	@scripts/setup.sh jazzy
	@ENVIRONMENT=jazzy $(in_environment) pytest -n auto --maxprocesses 8 --dist worksteal $(if $(ROOM),test/$(ROOM)) $(ARGS)

.PHONY: test-old
test-old: ## Run the tests that need no ROS 2 on Ubuntu 22.04's libraries, and on the newest of Python 3.10
	@PYTHON=$(PYTHON_3_10) scripts/setup.sh old
	@for environment in ubuntu-22.04 python-3.10; do \
		PYTHONPATH=$(CURDIR) .venv-$$environment/bin/python -m pytest $(if $(ROOM),test/$(ROOM)) $(ARGS) || exit; \
	done

.PHONY: lint
lint: setup ## Check style, types and which room imports which
	@$(in_environment) ruff check .
	@$(in_environment) ruff format --check .
	@$(in_environment) mypy
	@$(in_environment) lint-imports --no-logo

.PHONY: format
format: setup ## Format the code and cure what can be cured
	@$(in_environment) python tools/add_copyright.py
	@$(in_environment) ruff check --fix .
	@$(in_environment) ruff format .

.PHONY: bench
bench: setup setup-mediapipe ## Measure frame times and compare them with MediaPipe's
	@$(in_environment) hand-tracking-dsp bench $(ARGS)

.PHONY: faults
faults: setup ## Put faults into running graphs and files, soak for an hour (ARGS="--faults 100 --files 500 --soak 5")
	@$(in_environment) python tools/run_faults.py --out out/faults $(ARGS)

.PHONY: baselines
baselines: setup-lab ## Compare pruned networks with other methods' on one table (ARGS="--images DIR…")
	@$(in_environment) hand-tracking-dsp models baselines --work out/baselines-work --out out/baselines $(ARGS)

.PHONY: evaluation
evaluation: setup ## Record a minute of the synthetic hand and evaluate every level on it, into out/evaluation
	@[ -e out/evaluation/synthetic ] || $(in_environment) hand-tracking-dsp record --source synthetic --seconds 60 \
		--compressed --out out/evaluation/synthetic
	@$(in_environment) hand-tracking-dsp evaluate out/evaluation/synthetic --all-levels --jobs 1 \
		--out out/evaluation $(ARGS)

.PHONY: policy
policy: setup-lab ## Train five policies in simulated missions and choose the best (ARGS="--study" adds the ablations)
	@$(in_environment) hand-tracking-dsp policy train --out out/policy $(ARGS)

.PHONY: policy-report
policy-report: setup-lab ## Evaluate models/policy.onnx in simulated missions and write tables, plots, HTML and report.json
	@$(in_environment) hand-tracking-dsp policy report --out out/policy-report $(ARGS)

.PHONY: pictures
pictures: setup ## Make the documentation's pictures that no other target leaves, into docs/images
	@$(in_environment) python tools/make_pictures.py --out docs/images $(ARGS)

.PHONY: changelog
changelog: setup ## Write CHANGELOG.rst, which bloom reads, from CHANGELOG.md
	@$(in_environment) python tools/make_changelog_rst.py

.PHONY: lock
lock: ## Pin the newest versions that requirements/*.in allow
	@scripts/lock.sh

.PHONY: clean
clean: ## Remove everything that these targets made
	rm -rf .venv .venv-* build build-* install install-* log out
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
