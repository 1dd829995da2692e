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

/** A baseline for the whole cluster; policies of namespaces can only tighten it. */
export const CLUSTER_POLICY_KIND = 'McpGatewayClusterPolicy';
export const CLUSTER_POLICY_PLURAL = 'mcpgatewayclusterpolicies';
export const CLUSTER_POLICY_SINGULAR = 'mcpgatewayclusterpolicy';
export const CLUSTER_POLICY_SHORT_NAME = 'mgcp';
export const CLUSTER_POLICY_CRD = `${CLUSTER_POLICY_PLURAL}.${GROUP}` as const;

/** On a pod template (label, decides) or a workload (annotation, copied to the label at admission): `"true"`. */
export const INJECT = 'gatehouse.dev/inject';
/** On a namespace (label): `required`, `enabled` or `disabled`. */
export const INJECTION = 'gatehouse.dev/injection';
/** On an injected pod (annotation): what was injected, with the digest of container and volumes. */
export const STATUS_ANNOTATION = 'gatehouse.dev/status';

/** On an injected pod (label): key of the policy document that governs it. */
export const WORKLOAD_LABEL = 'gatehouse.dev/workload';
/** On an injected pod (label): version of the sidecar that was injected. */
export const INJECTED_LABEL = 'gatehouse.dev/injected';

/** On the namespace that Gatehouse is in (annotation): `"true"` lets the chart be removed under governed workloads. */
export const FORCE_UNINSTALL = 'gatehouse.dev/force-uninstall';

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

/** Containers that injection adds, both under `initContainers`. */
export const CONTAINERS = { sidecar: 'gatehouse', redirect: 'gatehouse-redirect' } as const;

/** Volumes that injection adds, and where the sidecar finds them. */
export const VOLUMES = {
  policy: { name: 'gatehouse-policy', path: '/etc/gatehouse/policy' },
  runtime: { name: 'gatehouse-runtime', path: '/etc/gatehouse/runtime' },
  token: { name: 'gatehouse-token', path: '/var/run/secrets/gatehouse' },
  tls: { name: 'gatehouse-tls', path: '/etc/gatehouse/tls' },
  /** What policies name: one folder for each Secret, one file for each key. */
  secrets: { name: 'gatehouse-secrets', path: '/etc/gatehouse/secrets' },
  data: { name: 'gatehouse-data', path: '/var/lib/gatehouse' },
} as const;

/** Audience of the token by which a sidecar proves to the operator which pod it is in. */
export const OPERATOR_AUDIENCE = 'gatehouse.dev/operator';

/** Ports of the sidecar container. */
export const PORTS = {
  mcp: 'gatehouse-mcp',
  admin: 'gatehouse-adm',
  peer: 'gatehouse-peer',
} as const;

/** Their numbers; that of MCP is the server's own, save where traffic is redirected to this one. */
export const PORT_NUMBERS = { redirected: 15_020, admin: 15_021, peer: 15_022 } as const;

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

/** Of the sidecar's admin port: answers when a pod that ends has no call under way any more. */
export const DRAINED_PATH = '/drained';
