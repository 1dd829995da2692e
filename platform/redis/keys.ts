// Every key and channel that Gatehouse has in Redis, and the patterns that an ACL gives leave for. They
// cannot be changed once there is data: docs/redis.md describes them, docs/adr/0005-redis-keys.md says why.

/** Who shares approvals and evidence: a Kubernetes namespace, or what `--redis-namespace` says. */
export type Namespace = string & { readonly __brand: 'Namespace' };

const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Undefined when it is no DNS label, which is what a Kubernetes namespace is. */
export function readNamespace(text: string): Namespace | undefined {
  return isNamespace(text) ? text : undefined;
}

function isNamespace(text: string): text is Namespace {
  return NAMESPACE.test(text);
}

/** In braces is what Redis Cluster hashes: keys that share it lie on one node and change in one step. */
function key(namespace: Namespace, id: string, name: string): string {
  return `gh:{${namespace}/${id}}:${name}`;
}

/** All approvals of a namespace change together: their bounds and their order are one fact. */
const APPROVALS = 'approvals';

export interface ApprovalKeys {
  /** Hash: the request and what has become of it. */
  readonly approval: (id: string) => string;
  /** Text: id of the newest approval of a binding. */
  readonly newest: (binding: string) => string;
  /** Sorted set: ids of what one requester has waiting, by deadline. */
  readonly waiting: (requester: string) => string;
  /** Text: how many uses of its grant are spent, whatever somebody writes into the approval. */
  readonly spent: (id: string) => string;
  /** Sorted set: all ids, in the order of their making. */
  readonly all: string;
  /** Sorted set: ids of what waits or is granted, by deadline. */
  readonly live: string;
  /** Sorted set: ids of what is over, in the order of their making. */
  readonly ended: string;
  /** Sorted set: nonces that are spent, by when they expire. */
  readonly nonces: string;
  /** Channel: `<id> <version>` at each change. */
  readonly changed: string;
}

export function approvalKeys(namespace: Namespace): ApprovalKeys {
  const named = (name: string) => key(namespace, APPROVALS, name);
  return {
    approval: (id) => named(`approval:${id}`),
    newest: (binding) => named(`newest:${binding}`),
    waiting: (requester) => named(`waiting:${requester}`),
    spent: (id) => named(`spent:${id}`),
    all: named('all'),
    live: named('live'),
    ended: named('ended'),
    nonces: named('nonces'),
    changed: named('changed'),
  };
}

/** Set: ids of all logs of a namespace. A log is named after its first lane. */
export function logsKey(namespace: Namespace): string {
  return key(namespace, 'logs', 'logs');
}

/** A log is written by one gateway at a time; all of it lies in one slot. None of its keys ends by itself. */
export interface LogKeys {
  /** Hash: the lane that is written, how far it has come, its first line. */
  readonly head: string;
  /** Text: who writes, for as long as it says so again and again. */
  readonly writer: string;
  /** Sorted set: names of its lanes, by ordinal. */
  readonly lanes: string;
  /** Text: how much of it is in an archive and was cut off here; a marker of the trust key. */
  readonly archived: string;
  /** Stream: checkpoints, by their number. */
  readonly checkpoints: string;
  /** Stream: the commits of one lane, by the number of their first record. */
  readonly lane: (name: string) => string;
  /** Stream: the recordings that a lane names, in the order of their records. */
  readonly recordings: (name: string) => string;
}

export function logKeys(namespace: Namespace, log: string): LogKeys {
  const named = (name: string) => key(namespace, log, name);
  return {
    head: named('head'),
    writer: named('writer'),
    lanes: named('lanes'),
    archived: named('archived'),
    checkpoints: named('checkpoints'),
    lane: (name) => named(`lane:${name}`),
    recordings: (name) => named(`recordings:${name}`),
  };
}

export interface PolicyKeys {
  /** Text: the signed generation below which no sidecar of the workload may start. */
  readonly floor: (workloadKey: string) => string;
  /** Hash: by pod, what its sidecar last said of its policy, signed. */
  readonly acks: string;
}

/** Of what the operator keeps; gateways read the floor. */
export function policyKeys(namespace: Namespace): PolicyKeys {
  const named = (name: string) => key(namespace, 'policy', name);
  return {
    floor: (workloadKey) => named(`floor:${workloadKey}`),
    acks: named('acks'),
  };
}

/**
 * Text: the lane that was certified for one start of a container. Of the operator's own namespace, where no
 * gateway can write.
 */
export function laneClaimKey(own: Namespace, start: string): string {
  return key(own, 'lanes', start);
}

/** Who is signed in at the consoles that share a namespace; each ends by itself. */
export interface VisitKeys {
  /** Text: one visit, sealed. */
  readonly visit: (key: string) => string;
  /** Sorted set: keys of the visits of one account, by their end. */
  readonly ofAccount: (account: string) => string;
}

export function visitKeys(namespace: Namespace): VisitKeys {
  const named = (name: string) => key(namespace, 'visits', name);
  return {
    visit: (digest) => named(`visit:${digest}`),
    ofAccount: (account) => named(`account:${account}`),
  };
}
