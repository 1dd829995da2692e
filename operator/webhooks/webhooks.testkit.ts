// What tests of the webhooks share: requests, a world of local copies, and an evidence that remembers.

import type { McpGatewayPolicy } from '#crds/policy.ts';
import type { AdmissionEntry } from './append.ts';
import type { AdmissionWorld } from './governance.ts';
import type { AdmissionRequest } from './review.ts';

export const POLICY: McpGatewayPolicy = {
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind: 'McpGatewayPolicy',
  metadata: { name: 'payments', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'payments' } },
    server: { port: 3000 },
    identity: { issuers: [{ name: 'corp', issuer: 'https://idp.example.com' }] },
    rules: [{ name: 'read', effect: 'Allow', match: { tools: ['get_*'] } }],
  },
};

export function worldOf(fields: Partial<AdmissionWorld> = {}): AdmissionWorld {
  return {
    policiesOf: (namespace) => (namespace === 'shop' ? [POLICY] : []),
    baselines: () => [],
    namespaceLabels: () => ({}),
    servicesOf: () => [],
    ...fields,
  };
}

export function requestOf(fields: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    uid: 'u-1',
    kind: 'Pod',
    namespace: 'shop',
    name: '',
    operation: 'CREATE',
    object: undefined,
    oldObject: undefined,
    isDryRun: false,
    user: { name: 'jane', uid: 'j-1' },
    ...fields,
  };
}

export function evidence() {
  const entries: AdmissionEntry[] = [];
  const fails = () => Promise.reject(new Error('no evidence'));
  const log = {
    entries,
    fails,
    /** Until it is back, nothing can be recorded. */
    isAway: false,
    append: async (entry: AdmissionEntry) => {
      if (log.isAway) return fails();
      entries.push(entry);
    },
  };
  return log;
}
