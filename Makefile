# make test    installs what the tests need and runs every check and test
# make demo    an agent's whole life, in the terminal and the console
# make bench   the figures of docs/benchmarks.md, beside their peers
# make bench-attacks   what the guard does with recorded and generated attacks
# make soak    200 releases under traffic while the server is killed
# make lint    the checks without the tests
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

# Two packages at a time: some tests run a browser or child processes, and a
# package under the race detector takes up to a gigabyte to compile.
TEST_P ?= 2
TEST_TIMEOUT ?= 20m
TOOL := go tool -modfile=tools/go.mod

.PHONY: build demo test bench bench-peers bench-attacks lint format vet staticcheck arch tools-test walk soak browser peers race vuln clean

build:
	go build -ldflags '-s -w' -o bin/aureus ./cmd/aureus

demo:
	go run ./cmd/aureus demo

test: browser peers format vet staticcheck arch tools-test walk race

lint: format vet staticcheck arch
	go -C bench vet ./...

# A comparison counts only when all contenders decide the same: bench's tests say so first.
bench: bench-peers
	go -C bench test ./...
	go -C bench run ./cmd/bench

# promptfoo is measured beside an evaluation. Its package looks for its migrations in a
# folder that it does not have, hence the link; its database is a native module.
BENCH_PEERS := bench/peers
bench-peers:
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then \
		echo "the benchmarks are taken beside promptfoo: install Node 20 and npm" >&2; exit 1; \
	fi
	@cmp -s $(BENCH_PEERS)/package.json $(BENCH_PEERS)/node_modules/.installed || { \
		npm install --prefix $(BENCH_PEERS) --ignore-scripts --omit=optional --omit=peer --no-package-lock --no-audit --no-fund --loglevel=error && \
		npm rebuild --prefix $(BENCH_PEERS) --loglevel=error better-sqlite3 && \
		ln -sfn dist/drizzle $(BENCH_PEERS)/node_modules/promptfoo/drizzle && \
		cp $(BENCH_PEERS)/package.json $(BENCH_PEERS)/node_modules/.installed; }

# AgentDojo's runs are looked for at ../shared/data/agentdojo; without them it
# says so and fails.
bench-attacks:
	go -C bench run ./cmd/attacks

# gofmt has the last word on layout.
format:
	@files=$$(gofmt -l .); \
	if [ -n "$$files" ]; then echo "gofmt would change these files; run gofmt -w on them:" >&2; echo "$$files" >&2; exit 1; fi

vet:
	go vet ./...

staticcheck:
	$(TOOL) staticcheck ./...

arch:
	go test -count=1 ./internal/archtest

tools-test:
	go -C tools vet ./...
	go -C tools test ./...

# A million steps of the guard, and every mutant of the release machine, take too
# long under the race detector, which gets a part of them.
walk:
	go test -count=1 -timeout $(TEST_TIMEOUT) -run TestWalkAgreesWithCheck ./internal/guard
	go test -count=1 -timeout $(TEST_TIMEOUT) -run TestModel ./internal/release

# -count=1: a cached result says nothing about this machine. Any skipped test fails the run.
# SQLite itself is C translated to Go, called under a lock of its own: watching its
# every memory access makes the tests four times slower and finds nothing of ours.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false
race: browser peers
	go test -json -count=1 $(RACE) -p $(TEST_P) -timeout $(TEST_TIMEOUT) ./... | go -C tools run ./testreport

# The console is tested in a real Chromium; the commands of docs/api.md need curl.
browser:
	@if command -v chromium chromium-browser google-chrome >/dev/null && command -v curl >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing Debian's chromium and curl for the tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium curl >/dev/null; \
	else \
		echo "the tests need Chromium and curl: install them (Debian: apt-get install chromium curl) or run make test as root" >&2; exit 1; \
	fi

# The MCP gateway is tested with the official servers, the inspector, the
# conformance suite and opencode, which are npm packages. opencode is a program of
# 177 MB (60 MB to download) for Linux on x86-64; npm leaves it out elsewhere, and
# its test is not built there.
PEERS := internal/gateway/testdata/npm
peers:
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "installing Debian's nodejs and npm for the tests"; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null; \
		else \
			echo "the tests need Node 20 and npm: install them (Debian: apt-get install nodejs npm) or run make test as root" >&2; exit 1; \
		fi; \
	fi
	@cmp -s $(PEERS)/package-lock.json $(PEERS)/node_modules/.installed || { \
		npm ci --prefix $(PEERS) --ignore-scripts --no-audit --no-fund --loglevel=error && \
		{ [ "$$(uname -sm)" != "Linux x86_64" ] || [ -x $(PEERS)/node_modules/opencode-linux-x64-baseline/bin/opencode ] || \
			{ echo "npm left opencode out, which it does when a download fails; run make peers again" >&2; exit 1; }; } && \
		cp $(PEERS)/package-lock.json $(PEERS)/node_modules/.installed; }

# 200 releases of 20 agents under live traffic, with kill -9 every few seconds:
# about ten minutes. The tests have a small one.
soak:
	go test -count=1 -v -timeout 60m -run 'TestSoak$$' ./cmd/aureus -args -soak.releases 200 -soak.agents 20 -soak.kill 15s

# Known vulnerabilities of what is linked in. It asks vuln.go.dev, so it is not
# part of test or lint, which need nothing but the module proxy.
vuln:
	$(TOOL) govulncheck ./...

clean:
	rm -rf bin
