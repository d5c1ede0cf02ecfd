# changebot: make alone prints what there is.
.DEFAULT_GOAL := help
.PHONY: help run demo test edits guards crashes storm lint bench bench-git microbench fuzz e2e-argocd e2e-browser build image

GO      ?= go
BIN     ?= bin
STORM   ?= 2000
TOOLS   := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/changebot/tools
LINT_VERSION := v2.15.0
LINT    := $(TOOLS)/golangci-lint-$(LINT_VERSION)

# The race detector needs a C compiler; without one the tests run all the same.
# It brings checks of pointer arithmetic along, which the C code of SQLite, that
# was translated to Go, has everywhere: they are a third of what it costs then.
RACE := $(shell command -v $${CC:-cc} >/dev/null 2>&1 && [ "$$($(GO) env CGO_ENABLED)" = 1 ] && echo -race -gcflags=modernc.org/...=-d=checkptr=0)

help: ## print this
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start the playground and print its address
	$(GO) run ./cmd/playground

demo: ## play four stories without a browser and print the rooms
	$(GO) run ./cmd/playground -demo

# The scenarios take longest by themselves, so they begin first.
test: ## run all tests and scenarios
	@$(if $(RACE),,echo "no C compiler: the tests run without the race detector")
	$(GO) test $(RACE) -timeout 40m ./test/scenarios ./...

edits: ## make fifty thousand edits in drawn manifests, and some in files of 10 MB
	CHANGEBOT_EDITS=all $(GO) test -count=1 -timeout 20m ./gitops/manifest

# It names each guard as it goes; a shell with pipefail keeps the outcome. How
# many are taken out at the same time is the test's to say.
guards: ## take out each guard in turn and see its test fail (minutes)
	@bash -o pipefail -c "CHANGEBOT_GUARDS=1 $(GO) test -count=1 -v -timeout 30m -parallel 1000 ./test/guards | grep --line-buffered -v '^=== '"

crashes: ## kill changebot at every named point, on SQLite and PostgreSQL
	CHANGEBOT_CRASHES=all $(GO) test -count=1 -timeout 40m ./test/crashes

storm: ## two thousand requests while everything misbehaves (minutes; STORM=200 for fewer)
	CHANGEBOT_STORM=$(STORM) $(GO) test -count=1 -v -timeout 40m ./test/storm

lint: $(LINT) ## check form and habits
	$(LINT) run ./...

# The name has the version, so that another version is another file.
$(LINT):
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv $(TOOLS)/golangci-lint $@

bench: ## measure acknowledgements and roads, beside a floor and on several replicas (5 minutes)
	$(GO) run ./test/bench

LARGE ?= 1
bench-git: ## measure the git engine beside the git command line, at three sizes (minutes; LARGE=0 leaves the large one out)
	$(GO) run ./test/bench/git -large=$(LARGE)

microbench: ## run the benchmarks of single packages
	$(GO) test -run '^$$' -bench . -benchtime 1s ./gitops/...

# What a run finds is written to the package's testdata/fuzz: commit it.
FUZZTIME ?= 30s
FUZZ = $(GO) test -run '^$$' -fuzztime $(FUZZTIME) -fuzzminimizetime 1x

FUZZED = sentence manifest catalog slack github
.PHONY: fuzz $(FUZZED:%=fuzz-%)

fuzz: $(FUZZED:%=fuzz-%) ## run each fuzz target for half a minute, or FUZZTIME=60s; -j runs them at once
fuzz-sentence:
	$(FUZZ) -fuzz '^FuzzParse$$' ./gitops/sentence
fuzz-manifest:
	$(FUZZ) -fuzz '^FuzzSet$$' ./gitops/manifest
	$(FUZZ) -fuzz '^FuzzShapes$$' ./gitops/manifest
fuzz-catalog:
	$(FUZZ) -fuzz '^FuzzDecode$$' ./gitops/catalog
fuzz-slack:
	$(FUZZ) -fuzz '^FuzzInbox$$' ./notifier/slack
fuzz-github:
	$(FUZZ) -fuzz '^FuzzInbox$$' ./gitops/github

e2e-argocd: ## run against a real Argo CD (builds it at the first time: up to 20 minutes)
	test/argocd/build.sh
	CHANGEBOT_ARGOCD=real $(GO) test -count=1 -p 2 -timeout 20m ./test/e2e ./test/argocdtest ./test/rendering -run 'TestArgoCD|TestConformance'

e2e-browser: ## click through the playground in Debian's chromium
	cd test/e2e/browser && npm ci --no-audit --no-fund && node run.mjs

build: ## build changebot into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o $(BIN)/changebot ./cmd/changebot

image: ## build the container image changebot:dev
	docker build -t changebot:dev .
