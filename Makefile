# The one human interface to the project: `make` prints what there is. Every target installs the
# dependencies itself when they are not there, so `make test` is all that a fresh clone needs.

.DEFAULT_GOAL := help
.PHONY: help install generate verify format lint typecheck test demo conformance collector bench soak build ci clean

# Node 24 comes with the dependencies; npm itself runs on whatever Node.js the machine has.
RUN := PATH="$(CURDIR)/node_modules/.bin:$$PATH"
GENERATED := crds/gatehouse.dev_mcpgatewaypolicies.yaml crds/gatehouse.dev_mcpgatewayclusterpolicies.yaml charts/gatehouse-crds/files docs/policy-reference.md
# A copy of the lockfile the installed dependencies came from.
INSTALLED := node_modules/.installed-lock.json

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## Install the dependencies, when they differ from the lockfile
	@if cmp -s package-lock.json $(INSTALLED); then exit 0; fi; \
	echo 'installing the dependencies, Node.js 24 among them (npm ci)'; \
	npm ci --prefer-offline --loglevel=error && cp package-lock.json $(INSTALLED)

generate: install ## Write the CRD and the policy reference from the schema
	@$(RUN) node crds/generate.ts

verify: generate ## Fail when a generated file is not what the schema says
	@git ls-files --error-unmatch $(GENERATED) >/dev/null
	@git diff --exit-code -- $(GENERATED) || \
	{ echo 'generated files have changed: commit what `make generate` wrote' >&2; exit 1; }

format: install ## Format everything and apply safe fixes
	@$(RUN) biome check --write .

lint: install ## Check format, style and which folder may import which
	@$(RUN) biome check --error-on-warnings .

typecheck: install ## Check the types
	@$(RUN) tsc -p .

test: install ## Run the unit tests, the journeys and those in a browser
	@sh e2e/packages.sh redis-server chromium || echo 'the tests that need them are skipped'
	@$(RUN) node e2e/run-tests.ts unit journeys console

demo: install ## See one governed call from end to end, in under two minutes
	@$(RUN) node e2e/demo/run.ts

conformance: install ## Run the official MCP suite direct and through Gatehouse, and compare
	@$(RUN) node e2e/conformance/run.ts

collector: install ## Send telemetry to the OpenTelemetry Collector itself (needs Go; builds it first)
	@cd e2e/collector && go build -o ../../out/otelcol .
	@$(RUN) node e2e/collector/run.ts

bench: install ## Measure what a call costs next to nginx (BENCH_QUICK=1: only that it works)
	@$(RUN) node bench/run.ts

soak: install ## Hold calls for longer than clients wait, and silent streams past five minutes
	@$(RUN) node e2e/soak/long-waits.ts
	@$(RUN) node e2e/soak/silent-stream.ts

build: install ## Bundle the program into dist/gatehouse.mjs with its source map
	@$(RUN) esbuild cli/main.ts --outfile=dist/gatehouse.mjs --bundle --platform=node --format=esm \
	  --target=node24 --sourcemap=linked --legal-comments=linked --log-level=warning \
	  --banner:js='import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);'
	@rm -rf dist/lua dist/assets && cp -R platform/redis/lua dist/lua && cp -R console/assets dist/assets
	@echo 'wrote dist/gatehouse.mjs, its scripts for Redis and the files of its pages'

ci: install ## Everything that a change must pass; the soak runs beside it
	@$(RUN) node e2e/ci.ts

clean: ## Remove what was built, measured and cached; the dependencies stay
	@rm -rf dist out node_modules/.cache
	@echo 'removed dist, out and node_modules/.cache'
