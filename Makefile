# Throughline: two commands matter, `make run` and `make test`.
GO      ?= go
TAGS    := nomsgpack
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
LINT    := .bin/golangci-lint
SPEC    := $(wildcard ../shared/spec)

.PHONY: run build test check fuzz bench bench-night bench-once faults clean tools

run: build ## the gateway with a synthetic week, no server to install
	@.bin/throughline demo --data data/demo

build:
	@CGO_ENABLED=0 $(GO) build -tags $(TAGS) -trimpath -ldflags '$(LDFLAGS)' -o .bin/throughline ./cmd/throughline

# The race detector watches our packages. SQLite is C turned into Go, with locks of
# its own: watching its memory costs three times the test's time and finds nothing of ours.
RACE := -race -gcflags=modernc.org/...=-race=false

test: ## every test, on SQLite, PostgreSQL and Redis, with the race detector
	@scripts/with-servers.sh $(GO) test $(RACE) -tags $(TAGS) -timeout 20m ./...

check: tools ## formatting, vet, lint, tidy, generated tables
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo 'not gofmt-ed:'; gofmt -l $$(git ls-files '*.go'); exit 1; }
	@$(GO) mod tidy -diff
	@cd bench/night && $(GO) mod tidy -diff
	@$(GO) vet -tags $(TAGS) ./...
	@$(LINT) run ./...

tools: $(LINT)
$(LINT): tools/go.mod tools/go.sum
	@cd tools && $(GO) build -o ../$(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

fuzz: ## every fuzz target for FUZZTIME (default 30s) each
	@scripts/fuzz.sh $(or $(FUZZTIME),30s)

bench: ## the figures, with the machine and the commit, to bench/
	@THROUGHLINE_ON_DISK=1 scripts/with-servers.sh scripts/bench.sh

bench-night: ## the night at 1M and 10M lines against SQL and DuckDB, to bench/
	@THROUGHLINE_ON_DISK=1 scripts/with-servers.sh scripts/bench-night.sh

bench-once: ## every benchmark once, small, so that none rots
	@THROUGHLINE_BENCH_MEMBERS=100 scripts/with-servers.sh $(GO) test -tags $(TAGS) -timeout 20m -run '^$$' -bench . -benchtime 1x $$($(GO) list -tags $(TAGS) ./... | grep -v /demo/faults)
	@cd bench/night && $(GO) build -tags $(TAGS) -o ../../.bin/night . && cd ../.. && scripts/with-servers.sh .bin/night -lines 5000

faults: ## kill -9, lost Redis, frozen workers, 10,000 decisions in any order, a 1 GB 837: large counts
	@THROUGHLINE_FAULTS=large scripts/with-servers.sh $(GO) test -tags $(TAGS) -timeout 60m -run '^Test(F[0-9]+|DecisionsInAnyOrder|X12Stream|IncrementalIsFull|ThreeWayAgrees)' -v ./...

clean:
	@rm -rf .bin .test data
