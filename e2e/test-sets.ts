// Which tests run together: by what they need, and by how long one may take.

export interface TestSet {
  readonly files: readonly string[];
  readonly except: readonly string[];
  readonly testTimeoutMs: number;
}

/** They need the API server that `make e2e` builds. */
export const ON_API_SERVER: readonly string[] = [
  'operator/operator*.test.ts',
  'operator/uninstall.test.ts',
  'operator/kube/api-server.test.ts',
  'operator/stream/*.test.ts',
  'operator/world/cluster-issuer.test.ts',
  'operator/run-operator.test.ts',
  'operator/webhooks/opting-out.test.ts',
  'operator/webhooks/own-objects.test.ts',
  'operator/webhooks/real-api-server.test.ts',
  'e2e/journeys/operators-fail-over.test.ts',
];

export const TEST_SETS: Readonly<Record<string, TestSet>> = {
  unit: {
    files: ['{crds,core,platform,sidecar,console,operator,cli,e2e,bench}/**/*.test.ts'],
    except: ['e2e/journeys/**', 'e2e/console/**', 'e2e/cluster-journeys/**', ...ON_API_SERVER],
    testTimeoutMs: 20_000,
  },
  journeys: {
    files: ['e2e/journeys/**/*.test.ts'],
    except: ON_API_SERVER,
    testTimeoutMs: 60_000,
  },
  /** In a browser. */
  console: {
    files: ['e2e/console/**/*.test.ts'],
    except: [],
    testTimeoutMs: 60_000,
  },
  /**
   * On a Kubernetes node: `make e2e`. Longer than what helm and kubectl wait in one hook together, so that none goes on
   * behind the next journey.
   */
  cluster: {
    files: ['e2e/cluster-journeys/**/*.test.ts', ...ON_API_SERVER],
    except: [],
    testTimeoutMs: 480_000,
  },
};
