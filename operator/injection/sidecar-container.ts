// The two containers that injection adds: the sidecar, and with Redirect the one that loads the rules.
// As with the volumes, every value is written out.

import { secretId } from '#core/policy/secret-refs.ts';
import { CONTAINERS, PORT_NUMBERS, PORTS, VOLUMES } from '#crds/names.ts';
import type { Capture } from './capture.ts';
import { APP_PROBES } from './earlier.ts';
import type { Container, EnvVar, Probe } from './pod.ts';
import type { AppProbes } from './probes.ts';
import { redirectRules } from './redirect-rules.ts';
import type { InjectionSettings } from './settings.ts';
import type { Resources } from './tuning.ts';
import { type MountedSecrets, sidecarMounts } from './volumes.ts';

export interface SidecarFacts {
  readonly settings: InjectionSettings;
  readonly capture: Capture;
  readonly workloadKey: string;
  readonly path: string;
  readonly probes: AppProbes;
  readonly resources: Resources;
  readonly drainSeconds: number;
  readonly mounted: MountedSecrets;
  /** The server's own name for its port, which Services use. */
  readonly portName: string | undefined;
  /** The pod runs as root unless a container says otherwise. */
  readonly podIsRoot: boolean;
}

/** The user that our images run as. */
const USER = 65_532;

/** What Kubernetes would put into every container. */
const EXPLICIT = {
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
} as const;

export function sidecarContainer(facts: SidecarFacts): Container {
  const { settings, capture, podIsRoot } = facts;
  return {
    name: CONTAINERS.sidecar,
    image: settings.sidecarImage,
    imagePullPolicy: settings.imagePullPolicy,
    command: ['node', '/gatehouse/sidecar.mjs'],
    restartPolicy: 'Always',
    ports: [
      port(facts.portName ?? PORTS.mcp, capture.listenPort),
      port(PORTS.admin, PORT_NUMBERS.admin),
      port(PORTS.peer, PORT_NUMBERS.peer),
    ],
    env: environment(facts),
    startupProbe: probe('/startupz', { periodSeconds: 1, failureThreshold: 120 }),
    readinessProbe: probe('/readyz', { periodSeconds: 5, failureThreshold: 3 }),
    livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 3 }),
    lifecycle: { preStop: { exec: { command: ['node', '/gatehouse/sidecar.mjs', 'drain'] } } },
    resources: facts.resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      ...(podIsRoot ? { runAsUser: USER } : {}),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...EXPLICIT,
    volumeMounts: sidecarMounts(facts.mounted),
  };
}

/** Runs before the server does and ends; the only container of ours with a capability. */
export function redirectContainer(
  { redirectImage, imagePullPolicy }: InjectionSettings,
  port: number,
  allowedPorts: readonly number[],
): Container {
  return {
    name: CONTAINERS.redirect,
    image: redirectImage,
    imagePullPolicy,
    command: ['nft', redirectRules(port, allowedPorts)],
    resources: {
      requests: { cpu: '10m', memory: '16Mi' },
      limits: { memory: '64Mi' },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: false,
      runAsUser: 0,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...EXPLICIT,
  };
}

function environment({ settings, capture, ...facts }: SidecarFacts): EnvVar[] {
  const { tlsSecret, secrets } = facts.mounted;
  const plain = (name: string, value: string | undefined): EnvVar[] =>
    value === undefined ? [] : [{ name, value }];
  return [
    field('GATEHOUSE_POD_NAME', 'metadata.name'),
    field('GATEHOUSE_POD_NAMESPACE', 'metadata.namespace'),
    field('GATEHOUSE_POD_UID', 'metadata.uid'),
    field('GATEHOUSE_POD_IP', 'status.podIP'),
    ...plain('GATEHOUSE_WORKLOAD_KEY', facts.workloadKey),
    ...plain('GATEHOUSE_UPSTREAM', `http://127.0.0.1:${capture.serverPort}${facts.path}`),
    ...plain('GATEHOUSE_LISTEN', `0.0.0.0:${capture.listenPort}`),
    ...plain('GATEHOUSE_ADMIN', `0.0.0.0:${PORT_NUMBERS.admin}`),
    ...plain('GATEHOUSE_PEER_LISTEN', `$(GATEHOUSE_POD_IP):${PORT_NUMBERS.peer}`),
    ...plain('GATEHOUSE_OPERATOR', settings.operatorUrl),
    ...plain('GATEHOUSE_CAPTURE', capture.mode),
    ...plain('GATEHOUSE_DRAIN_SECONDS', String(facts.drainSeconds)),
    ...plain(APP_PROBES, escapeReferences(JSON.stringify(facts.probes))),
    ...(tlsSecret === undefined
      ? []
      : [
          ...plain('GATEHOUSE_TLS_CERT', `${VOLUMES.tls.path}/tls.crt`),
          ...plain('GATEHOUSE_TLS_KEY', `${VOLUMES.tls.path}/tls.key`),
        ]),
    ...plain('GATEHOUSE_SECRETS', secrets.length === 0 ? undefined : secrets.map(secretId).join()),
    ...plain('GATEHOUSE_CONSOLE_URL', settings.consoleUrl),
    ...plain('GATEHOUSE_OTLP', settings.otlp),
    ...plain('GATEHOUSE_ALLOW_PLAIN_HTTP', settings.allowsPlainHttp === true ? 'true' : undefined),
    ...plain('GATEHOUSE_LOG_LEVEL', settings.logLevel ?? 'info'),
  ];
}

/** Kubernetes reads `$(NAME)` in a value as that variable, and `$$` as a dollar; JSON has another way. */
function escapeReferences(json: string): string {
  return json.replaceAll('$', '\\u0024');
}

function field(name: string, fieldPath: string): EnvVar {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}

function port(name: string, containerPort: number) {
  return { name, containerPort, protocol: 'TCP' };
}

function probe(path: string, times: { periodSeconds: number; failureThreshold: number }): Probe {
  return {
    httpGet: { path, port: PORT_NUMBERS.admin, scheme: 'HTTP' },
    timeoutSeconds: 3,
    successThreshold: 1,
    ...times,
  };
}
