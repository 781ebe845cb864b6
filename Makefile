# `make help` says what there is. `make test` is the whole check, and what .ci/run runs.

VENV := .venv
INSTALLED := $(VENV)/.installed
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
PYTHON = $(shell for p in python3 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# sam and cargo-lambda find each other, and zig, through PATH.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
# The steps of a check run in the order written, and the first failure stops.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help test lint rehearse deploy soak bugs \
	fmt clippy clippy-lambda doc unit simulation wire template

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

test: fmt clippy clippy-lambda doc unit simulation wire template ## everything: formatting, lints, docs, tests, template
	@echo "==> all checks passed"

lint: fmt clippy clippy-lambda doc template ## test without the tests

rehearse: ## the whole product, offline: a scripted day (options through ARGS="...")
	@cargo run --quiet -- rehearse $(ARGS)

deploy: $(INSTALLED) ## build and deploy the stack with your AWS credentials; asks when there is no samconfig.toml
	sam build
	sam deploy $(if $(wildcard samconfig.toml),,--guided)

# How many seeds, and from which on.
SEEDS ?= 1000000
FROM ?= 0

soak: ## the delivery promise over many seeds: make soak SEEDS=1000000 FROM=5000
	@TIDINGS_SIM_FROM=$(FROM) TIDINGS_SIM_SEEDS=$(SEEDS) cargo test --quiet --release --test simulation seeds -- --nocapture

bugs: ## known mistakes, one at a time, and the test that catches each (long)
	@tests/bugs/run $(ONLY)

fmt:
	@echo "==> formatting"
	@cargo fmt --version >/dev/null 2>&1 || { echo "rustfmt is missing; install it with: rustup component add rustfmt"; exit 1; }
	@cargo fmt --check

clippy:
	@echo "==> clippy, everything"
	@cargo clippy --version >/dev/null 2>&1 || { echo "clippy is missing; install it with: rustup component add clippy"; exit 1; }
	@cargo clippy --quiet --all-targets -- -D warnings

clippy-lambda:
	@echo "==> clippy, as built for Lambda"
	@cargo clippy --quiet --no-default-features --bin bootstrap -- -D warnings

doc:
	@echo "==> documentation"
	@RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps

unit:
	@echo "==> Rust tests"
	@cargo test --quiet

# Optimised: `unit` has run a few seeds only, because unoptimised each takes a second.
simulation:
	@echo "==> the delivery promise under simulation"
	@cargo test --quiet --release --test simulation

# The binary under test is the one that `unit` built; a `cargo build` of its own
# would compile the dependencies again, without the features the tests add.
wire: $(INSTALLED)
	@echo "==> wire tests: boto3 against the simulator"
	@test -x $(TARGET_DIR)/debug/tidings || cargo build --quiet --bin tidings
	@TIDINGS_BIN=$(TARGET_DIR)/debug/tidings pytest --quiet tests/wire

template: $(INSTALLED)
	@echo "==> template and sample events"
	@sam validate --lint >$(VENV)/sam-validate.log 2>&1 || { cat $(VENV)/sam-validate.log; exit 1; }
	@cfn-lint template.yaml
	@pytest --quiet tests/template

$(INSTALLED): tests/requirements.txt
	@echo "==> Python tools into $(VENV), once (about a minute, 0.8 GB)"
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --quiet -r tests/requirements.txt
	@touch $@
