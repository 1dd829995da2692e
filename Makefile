# The one human interface to the project: `make` prints what there is. Every target installs the
# dependencies itself when they are not there, so `make test` is all that a fresh clone needs.

.DEFAULT_GOAL := help
.PHONY: help install generate verify format lint typecheck test demo conformance collector bench soak build \
  cluster-programs cluster-up cluster-down e2e ci clean

# Node 24 comes with the dependencies; npm itself runs on whatever Node.js the machine has.
# Go is looked for where its own installer puts it, too.
RUN := PATH="$(CURDIR)/node_modules/.bin:$$PATH:/usr/local/go/bin"
GENERATED := crds/gatehouse.dev_mcpgatewaypolicies.yaml crds/gatehouse.dev_mcpgatewayclusterpolicies.yaml charts/gatehouse-crds/files docs/policy-reference.md
# Name in dist, and entry.
BUNDLES := gatehouse:cli/main.ts sidecar:sidecar/pod/main.ts operator:operator/main.ts
CLUSTER_PROGRAMS := etcd containerd runc host-local ip nsenter nft iptables conntrack ebtables ethtool socat busybox openssl \
  redis-server chromium
# All of them, before the first step: steps run beside each other, and apt is one.
CI_PROGRAMS := nginx wrk $(CLUSTER_PROGRAMS)
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
	@sh e2e/packages.sh redis-server chromium nft || echo 'the tests that need them are skipped'
	@$(RUN) node e2e/run-tests.ts unit journeys console

demo: install ## See governed calls from end to end, alone and with replicas, in under two minutes
	@sh e2e/packages.sh redis-server || echo 'without it the demo leaves its second act out'
	@$(RUN) node e2e/demo/run.ts

conformance: install ## Run the official MCP suite direct and through Gatehouse, and compare
	@$(RUN) node e2e/conformance/run.ts

collector: install ## Send telemetry to the OpenTelemetry Collector itself (needs Go; builds it first)
	@cd e2e/collector && go build -o ../../out/otelcol .
	@$(RUN) node e2e/collector/run.ts

bench: install build ## Measure calls next to nginx, starts, memory and the operator (BENCH_QUICK=1: only that it works)
	@$(RUN) node bench/run.ts
	@$(RUN) node bench/sidecar-start.ts
	@$(RUN) node bench/operator.ts

soak: install ## Hold calls for longer than clients wait, and silent streams past five minutes
	@$(RUN) node e2e/soak/long-waits.ts
	@$(RUN) node e2e/soak/silent-stream.ts

build: install ## Bundle the programs into dist, each with its source map
	@rm -rf dist
	@for bundle in $(BUNDLES); do entry=$${bundle#*:}; \
	  [ -e $$entry ] || { echo "make build: the entry point $$entry is not there" >&2; exit 1; }; \
	  $(RUN) esbuild $$entry --outfile=dist/$${bundle%:*}.mjs --bundle --platform=node --format=esm \
	    --target=node24 --sourcemap=linked --legal-comments=linked --log-level=warning \
	    --banner:js='import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' \
	    || exit; done
	@cp -R platform/redis/lua dist/lua && cp -R console/assets dist/assets
	@echo "wrote $$(cd dist && echo *.mjs) to dist, the scripts for Redis and the files of the pages"

cluster-programs: install ## Build the programs of a Kubernetes node, where they are not there yet (needs Go)
	@sh e2e/packages.sh busybox
	@$(RUN) node e2e/cluster/main.ts programs

cluster-up: install build ## Start a Kubernetes node on this machine (as root; the first time builds Kubernetes: needs Go)
	@sh e2e/packages.sh $(CLUSTER_PROGRAMS)
	@$(RUN) node e2e/cluster/main.ts up

cluster-down: install ## End it, and leave no trace
	@$(RUN) node e2e/cluster/main.ts down

e2e: install build ## Run the journeys on a Kubernetes node (E2E_KUBECONFIG=FILE: on a cluster of yours)
	@[ -n "$$E2E_KUBECONFIG" ] || sh e2e/packages.sh $(CLUSTER_PROGRAMS)
	@exec env $(RUN) node e2e/cluster/main.ts test

ci: install ## Everything that a change must pass; the soak runs beside it
	@sh e2e/packages.sh $(CI_PROGRAMS)
	@$(RUN) node e2e/ci.ts

clean: ## Remove what was built, measured and cached; the dependencies stay
	@rm -rf dist out node_modules/.cache
	@echo 'removed dist, out and node_modules/.cache'
