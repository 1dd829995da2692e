// The names Gatehouse puts into a cluster: group, kinds, labels, annotations, ports, conditions.
// Everything that writes or reads one imports it from here, so that none can drift.

export const GROUP = 'gatehouse.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}` as const;

export const POLICY_KIND = 'McpGatewayPolicy';
export const POLICY_PLURAL = 'mcpgatewaypolicies';
export const POLICY_SINGULAR = 'mcpgatewaypolicy';
export const POLICY_SHORT_NAME = 'mgp';
/** Name of the CustomResourceDefinition object, and of its file. */
export const POLICY_CRD = `${POLICY_PLURAL}.${GROUP}` as const;
export const CATEGORY = 'gatehouse';

/** On a pod template (label, decides) or a workload (annotation, copied to the label at admission): `"true"`. */
export const INJECT = 'gatehouse.dev/inject';
/** On a namespace (label): `required`, `enabled` or `disabled`. */
export const INJECTION = 'gatehouse.dev/injection';
/** On an injected pod (annotation): what was injected, with the digest of container and volumes. */
export const STATUS_ANNOTATION = 'gatehouse.dev/status';

/** Annotations that tune one workload; an unknown key under our prefix is a warning at admission. */
export const TUNING_ANNOTATIONS = {
  port: 'gatehouse.dev/port',
  path: 'gatehouse.dev/path',
  capture: 'gatehouse.dev/capture',
  resources: 'gatehouse.dev/resources',
  drainSeconds: 'gatehouse.dev/drain-seconds',
} as const;

/** The per-namespace Secret with what a sidecar needs to start without the operator. */
export const RUNTIME_SECRET = 'gatehouse-runtime';

/** Ports of the sidecar container. */
export const PORTS = {
  mcp: 'gatehouse-mcp',
  admin: 'gatehouse-adm',
  peer: 'gatehouse-peer',
} as const;

export const CONDITIONS = {
  accepted: 'Accepted',
  programmed: 'Programmed',
  bypassProtected: 'BypassProtected',
  degraded: 'Degraded',
  transportPlain: 'TransportPlain',
} as const;

/** Issuer names that mean something of our own, so no entry of `spec.identity.issuers` may take them. */
export const RESERVED_ISSUER_NAMES = ['kubernetes', 'gatehouse', 'anonymous'] as const;
/** How rules name the cluster's own issuer, whose subjects are `system:serviceaccount:<namespace>:<name>`. */
export const KUBERNETES_ISSUER = 'kubernetes';
