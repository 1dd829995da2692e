// What the operator keeps of the objects it watches: little, so that it can keep all of them. An object
// that cannot be read is not kept; a policy that is invalid is, with what is wrong.

import { compilePolicies } from '#core/policy/compile.ts';
import type { PolicyProblem } from '#core/policy/findings.ts';
import type { GoverningPolicy } from '#core/policy/layer-document.ts';
import { type Labels, type Subject, subjectOf } from '#core/workloads/workload.ts';
import type { McpGatewayClusterPolicy } from '#crds/cluster-policy.ts';
import { INJECT, INJECTED_LABEL, STATUS_ANNOTATION, WORKLOAD_LABEL } from '#crds/names.ts';
import type { McpGatewayPolicy, PolicyStatus } from '#crds/policy.ts';
import { type Problem, validateClusterPolicy, validatePolicy } from '#crds/validate.ts';

export interface PolicyItem<Policy extends GoverningPolicy = McpGatewayPolicy> {
  readonly key: string;
  /** Empty for a baseline. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** Undefined when it is not even in the form of one. */
  readonly policy: Policy | undefined;
  /** One sentence on what is wrong; an invalid policy governs nothing and holds back what it selects. */
  readonly problem: string | undefined;
  readonly status: PolicyStatus | undefined;
}

export type BaselineItem = PolicyItem<McpGatewayClusterPolicy>;

export interface NamespaceItem {
  readonly key: string;
  readonly labels: Labels;
  readonly isTerminating: boolean;
}

export interface PodItem {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly subject: Subject;
  /** Of our labels and annotation; whoever can write pods can write these. */
  readonly workloadKey: string | undefined;
  readonly inject: string | undefined;
  readonly injectedVersion: string | undefined;
  /** As the status annotation says. */
  readonly sidecarImage: string | undefined;
  readonly status: string | undefined;
  /** What made it, and would make it anew. */
  readonly owner: PodOwner | undefined;
}

export interface PodOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** A Service that selects pods: who is reached by number cannot be captured by name. */
export interface ServiceItem {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly selector: Labels;
  readonly ports: readonly { readonly port: number; readonly targetPort?: number | string }[];
}

/** A ConfigMap with a policy document. */
export interface DocumentItem {
  readonly key: string;
  readonly namespace: string;
  readonly workloadKey: string;
  readonly jws: string;
  /** Of the ConfigMap. */
  readonly version: string;
}

export const DOCUMENT_KEY = 'policy.jws';
const DOCUMENT_PREFIX = 'gatehouse-policy-';

export function readPolicyItem(object: unknown): PolicyItem | undefined {
  const policy = object as McpGatewayPolicy;
  return readPolicyObject(policy, validatePolicy(object), () => problemsAlone(policy));
}

export function readBaselineItem(object: unknown): BaselineItem | undefined {
  const policy = object as McpGatewayClusterPolicy;
  return readPolicyObject(policy, validateClusterPolicy(object), () =>
    // Who approves may be of an issuer that only the policies of namespaces list.
    problemsAlone(policy).filter(({ path }) => !path.startsWith('spec.approvals')),
  );
}

export function readNamespaceItem(object: unknown): NamespaceItem | undefined {
  const { name, labels, deletionTimestamp } = metadataOf(object);
  return typeof name === 'string'
    ? { key: name, labels: textMap(labels), isTerminating: deletionTimestamp !== undefined }
    : undefined;
}

export function readServiceItem(object: unknown): ServiceItem | undefined {
  const { name, namespace } = metadataOf(object);
  const { selector, ports } = Object(Object(object).spec);
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined;
  const labels = textMap(selector);
  if (Object.keys(labels).length === 0) return undefined;
  return {
    key: `${namespace}/${name}`,
    ...{ namespace, name, selector: labels },
    ports: Array.isArray(ports)
      ? ports.map(({ port, targetPort }) => ({ port, ...(targetPort ? { targetPort } : {}) }))
      : [],
  };
}

export function readPodItem(object: unknown): PodItem | undefined {
  const metadata = metadataOf(object);
  const { name, namespace, uid, generateName } = metadata;
  if (typeof name !== 'string' || typeof namespace !== 'string' || typeof uid !== 'string') {
    return undefined;
  }
  const labels = textMap(metadata.labels);
  const annotations = textMap(metadata.annotations);
  const controller = controllerOf(metadata.ownerReferences);
  return {
    key: `${namespace}/${name}`,
    ...{ namespace, name, uid },
    subject: subjectOf({
      name,
      ...(typeof generateName === 'string' && generateName !== '' ? { generateName } : {}),
      ...{ labels, annotations },
      ...(controller === undefined ? {} : { controller }),
    }),
    workloadKey: labels[WORKLOAD_LABEL],
    inject: labels[INJECT],
    injectedVersion: labels[INJECTED_LABEL],
    sidecarImage: imageIn(annotations[STATUS_ANNOTATION]),
    status: annotations[STATUS_ANNOTATION],
    owner: controller,
  };
}

export function readDocumentItem(object: unknown): DocumentItem | undefined {
  const { name, namespace, resourceVersion } = metadataOf(object);
  const jws = Object(Object(object).data)[DOCUMENT_KEY];
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined;
  if (!name.startsWith(DOCUMENT_PREFIX)) return undefined;
  return {
    key: `${namespace}/${name}`,
    namespace,
    workloadKey: name.slice(DOCUMENT_PREFIX.length),
    jws: typeof jws === 'string' ? jws : '',
    version: String(resourceVersion ?? ''),
  };
}

function readPolicyObject<Policy extends GoverningPolicy>(
  object: Policy,
  invalid: readonly Problem[],
  compile: () => readonly Problem[],
): PolicyItem<Policy> | undefined {
  const { name, namespace = '', uid, generation } = metadataOf(object);
  if (typeof name !== 'string' || typeof namespace !== 'string' || typeof uid !== 'string') {
    return undefined;
  }
  const [first] = invalid.length > 0 ? invalid : compile();
  return {
    key: namespace === '' ? name : `${namespace}/${name}`,
    ...{ namespace, name, uid, generation: Number(generation) || 0 },
    policy: invalid.length === 0 ? object : undefined,
    problem: first === undefined ? undefined : sentence(first),
    status: object.status,
  };
}

function problemsAlone(policy: GoverningPolicy): readonly PolicyProblem[] {
  const compiled = compilePolicies([policy], undefined, 'Cluster');
  return compiled.ok ? [] : compiled.problems;
}

export function sentence({ path, message }: Problem): string {
  return `${path === '' ? 'the policy' : path} ${message}`;
}

interface Metadata {
  readonly [field: string]: unknown;
}

function metadataOf(object: unknown): Metadata {
  return Object(Object(object).metadata) as Metadata;
}

function textMap(value: unknown): Labels {
  return Object.fromEntries(
    Object.entries(Object(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

/** Only counted with, so its signature is not asked: pods are watched without what is in them. */
function imageIn(status: string | undefined): string | undefined {
  try {
    const text = Buffer.from(status?.split('.')[1] ?? '', 'base64url').toString();
    const { image } = Object(JSON.parse(text));
    return typeof image === 'string' ? image : undefined;
  } catch {
    return undefined;
  }
}

function controllerOf(references: unknown): PodOwner | undefined {
  const found: unknown = Array.isArray(references)
    ? references.find((reference: unknown) => Object(reference).controller === true)
    : undefined;
  const { apiVersion, kind, name, uid } = Object(found);
  return typeof kind === 'string' && typeof name === 'string'
    ? { apiVersion: String(apiVersion), kind, name, uid: String(uid) }
    : undefined;
}
