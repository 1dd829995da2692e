// Where objects are on the API server.

import { CLUSTER_POLICY_PLURAL, GROUP, POLICY_PLURAL, VERSION } from '#crds/names.ts';

const OURS = `/apis/${GROUP}/${VERSION}`;

export const PATHS = {
  namespaces: '/api/v1/namespaces',
  pods: '/api/v1/pods',
  configMaps: '/api/v1/configmaps',
  services: '/api/v1/services',
  policies: `${OURS}/${POLICY_PLURAL}`,
  clusterPolicies: `${OURS}/${CLUSTER_POLICY_PLURAL}`,
  /** What the API server publishes of the tokens that it issues. */
  openidConfiguration: '/.well-known/openid-configuration',
  openidKeys: '/openid/v1/jwks',
  tokenReviews: '/apis/authentication.k8s.io/v1/tokenreviews',
  pod: (namespace: string, name: string) => `/api/v1/namespaces/${namespace}/pods/${name}`,
  eviction: (namespace: string, name: string) =>
    `/api/v1/namespaces/${namespace}/pods/${name}/eviction`,
  configMapsOf: (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`,
  configMap: (namespace: string, name: string) =>
    `/api/v1/namespaces/${namespace}/configmaps/${name}`,
  secrets: (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`,
  secret: (namespace: string, name: string) => `/api/v1/namespaces/${namespace}/secrets/${name}`,
  policy: (namespace: string, name: string) =>
    `${OURS}/namespaces/${namespace}/${POLICY_PLURAL}/${name}`,
  clusterPolicy: (name: string) => `${OURS}/${CLUSTER_POLICY_PLURAL}/${name}`,
} as const;

/** Field managers: one for what we own, one for status, so that each takes only its own fields. */
export const MANAGERS = { objects: 'gatehouse-operator', status: 'gatehouse-status' } as const;

/** On every object that the operator makes. */
export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'gatehouse' } as const;
