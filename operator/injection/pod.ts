// A pod as it comes to admission: raw JSON, of which only what injection looks at is given a type.
// Everything else passes through untouched, also fields that this build has never heard of.

export interface Pod {
  readonly metadata?: Metadata;
  readonly spec: PodSpec;
  readonly [field: string]: unknown;
}

export interface Metadata {
  readonly name?: string;
  readonly generateName?: string;
  readonly labels?: Texts;
  readonly annotations?: Texts;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly [field: string]: unknown;
}

export type Texts = Readonly<Record<string, string>>;

export interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly controller?: boolean;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly shareProcessNamespace?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: { readonly runAsUser?: number; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly restartPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly ports?: readonly ContainerPort[];
  readonly volumeMounts?: readonly { readonly name: string; readonly [field: string]: unknown }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler };
  readonly securityContext?: SecurityContext;
  readonly [field: string]: unknown;
}

export interface SecurityContext {
  readonly privileged?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly [field: string]: unknown;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly [field: string]: unknown;
}

export interface ContainerPort {
  readonly containerPort: number;
  readonly name?: string;
  readonly hostPort?: number;
  readonly protocol?: string;
  readonly [field: string]: unknown;
}

export interface Handler {
  readonly exec?: object;
  readonly httpGet?: HttpGet;
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string };
  readonly grpc?: { readonly port: number; readonly service?: string };
  readonly [field: string]: unknown;
}

export interface Probe extends Handler {
  readonly timeoutSeconds?: number;
}

export interface HttpGet {
  readonly port: number | string;
  readonly path?: string;
  readonly host?: string;
  readonly scheme?: string;
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
}

export interface Volume {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Undefined for what is not a pod at all. The API server has checked the types of every field it knows. */
export function readPod(object: unknown): Pod | undefined {
  const spec: unknown = Object(object).spec;
  const containers: unknown = Object(spec).containers;
  return Array.isArray(containers) && containers.every((one) => typeof one?.name === 'string')
    ? (object as Pod)
    : undefined;
}

/** Containers that run beside the server for as long as the pod lives, and so may have probes. */
export function runsOn(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export function isTcp({ protocol = 'TCP' }: ContainerPort): boolean {
  return protocol === 'TCP';
}
