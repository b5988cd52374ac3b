# KoKo's everyday commands. `make` lists them.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X koko/internal/app.Version=$(VERSION)
TOOL    := go tool -modfile=tools/go.mod
DATA    ?= data
ADDR    ?= 127.0.0.1:8080

.PHONY: help run build test check unit twins platform generate bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Start everything with demo data: DATA=folder ADDR=host:port
	@scripts/build bin/koko-dev embedded ./cmd/koko-dev "$(LDFLAGS)"
	@exec bin/koko-dev --data "$(DATA)" --addr "$(ADDR)"

build: ## Build bin/koko and bin/koko-dev
	@scripts/build bin/koko . ./cmd/koko "$(LDFLAGS)"
	@scripts/build bin/koko-dev embedded ./cmd/koko-dev "$(LDFLAGS)"

test: check unit twins platform ## Check everything that must be true

check: ## Static checks: format, vet, linters, determinism of workflows, generated code
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not formatted:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go mod tidy -diff
	go vet ./...
	go tool -modfile=tools/lint.mod golangci-lint run ./...
	cd embedded && go mod tidy -diff
	cd embedded && go vet ./...
	cd embedded && go tool -modfile=../tools/lint.mod golangci-lint run ./...
	$(TOOL) workflowcheck ./workflows
	cd db && CGO_ENABLED=0 go tool -modfile=../tools/go.mod sqlc diff

unit: ## Tests of the product's module, with the race detector
	go test -race -timeout 40m ./...

# The race detector makes minutes of it twenty, so that unit leaves it out.
twins: ## What nobody learns of a working file: all that two installations say, the leaks that are found, response times
	go test ./api -run Twins -v -timeout 30m

# What links the Temporal server compiles for minutes: it is built once, without the race detector.
platform: node_modules ## Tests of the whole platform on the real stack, of its pages in a browser, of its deployment
	cd embedded && go test -p 1 -timeout 30m ./...

.PHONY: node_modules
node_modules:
	cd embedded/e2e/a11y && npm ci --no-audit --no-fund --loglevel=error
	cd embedded/e2e/verify && npm ci --no-audit --no-fund --loglevel=error

generate: ## Write generated code and documents anew
	cd db && CGO_ENABLED=0 go tool -modfile=../tools/go.mod sqlc generate
	go test ./internal/config -run TestTheOperationsPageShowsTheTable -update
	go test ./api -run TestTheOpenAPIDocument -update
	go test ./policies -run Matrix -update

bench: ## Measure the API against the bare engine and the database, in the same run
	cd embedded && go test ./e2e -run '^$$' -bench . -benchtime 5s -timeout 30m
	go test ./policies ./internal/vault -run '^$$' -bench .

clean: ## Remove what was built; data folders stay
	rm -rf bin embedded/e2e/a11y/node_modules embedded/e2e/verify/node_modules
