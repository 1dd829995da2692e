// What the status of a policy says: pure. Conditions speak of the generation that was looked at, counts are
// of pods, and one sentence says what is wrong first.

import { CONDITIONS } from '#crds/names.ts';
import type { PolicyStatus } from '#crds/policy.ts';
import type { BaselineItem, PolicyItem } from '../world/objects.ts';
import type { Target } from './targets.ts';

export type Condition = NonNullable<PolicyStatus['conditions']>[number];
type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

export interface StatusFacts {
  readonly item: PolicyItem | BaselineItem;
  readonly targets: readonly Target[];
  /** Of this policy, as records name it. */
  readonly digest: string | undefined;
  /** Why a workload that it selects has no new document; the sidecars keep what they have. */
  readonly unrendered: string | undefined;
  readonly mode: 'Enforce' | 'Observe';
  /** Whether sidecars could be heard: false while Redis is away. */
  readonly isHeard: boolean;
  /** RFC 3339, to the second. */
  readonly now: string;
}

const MAX_MESSAGE_CHARS = 1024;

export function statusOf(facts: StatusFacts): PolicyStatus {
  const { item, targets, digest, mode } = facts;
  const said = [
    accepted(item),
    programmed(facts),
    protectedFrom(facts),
    degraded(facts),
    plain(item),
  ];
  const wrong = said.find(({ type, status }) => status === BAD.get(type));
  const count = (holds: (target: Target) => boolean) => targets.filter(holds).length;
  const running = count(({ state }) => state === 'programmed');
  return {
    observedGeneration: item.generation,
    mode,
    ...(digest === undefined ? {} : { policyDigest: `sha256:${digest}` }),
    pods: `${running}/${targets.length}`,
    ...(wrong === undefined ? {} : { message: wrong.message.slice(0, MAX_MESSAGE_CHARS) }),
    targets: {
      matched: targets.length,
      injected: count(({ state }) => state !== 'uninjected'),
      uninjected: count(({ state }) => state === 'uninjected'),
      programmed: running,
      rejected: count(({ state }) => state === 'rejected'),
      outdated: count(({ isOutdated }) => isOutdated),
      exposed: count(({ isExposed }) => isExposed),
    },
    conditions: said.map((one) => dated(one, facts)),
  };
}

/** Whether they say the same, whenever it was said. */
export function isSameStatus(a: PolicyStatus | undefined, b: PolicyStatus): boolean {
  return JSON.stringify(timeless(a)) === JSON.stringify(timeless(b));
}

/** The value of each condition that somebody has to do something about. */
const BAD: ReadonlyMap<string, Condition['status']> = new Map([
  [CONDITIONS.accepted, 'False'],
  [CONDITIONS.programmed, 'False'],
  [CONDITIONS.bypassProtected, 'False'],
  [CONDITIONS.degraded, 'True'],
]);

function accepted({ problem }: PolicyItem | BaselineItem): Said {
  const type = CONDITIONS.accepted;
  return problem === undefined
    ? { type, status: 'True', reason: 'Valid', message: 'The policy is valid.' }
    : { type, status: 'False', reason: 'Invalid', message: `Not in force: ${problem}.` };
}

function programmed({ item, targets, unrendered, isHeard }: StatusFacts): Said {
  const type = CONDITIONS.programmed;
  const say = (status: Condition['status'], reason: string, message: string): Said => ({
    type,
    ...{ status, reason, message },
  });
  if (item.problem !== undefined) return say('False', 'Invalid', `Not in force: ${item.problem}.`);
  if (unrendered !== undefined) return say('False', 'NotJoined', `Not in force: ${unrendered}.`);
  const injected = targets.filter(({ state }) => state !== 'uninjected');
  if (injected.length === 0) {
    return say('Unknown', 'NoTargets', 'It selects no pod with a sidecar yet: opt a workload in.');
  }
  if (!isHeard)
    return say('Unknown', 'StateUnavailable', 'Sidecars cannot be heard: Redis is away.');
  const rejected = injected.find(({ state }) => state === 'rejected');
  if (rejected !== undefined) {
    const { name } = rejected.pod;
    const why = rejected.ack?.problem ?? 'no reason given';
    return say('False', 'RejectedBySidecar', `Pod ${name} keeps the policy before: ${why}.`);
  }
  const pending = injected.filter(({ state }) => state === 'pending');
  return pending.length === 0
    ? say('True', 'Programmed', 'Every sidecar serves under this policy.')
    : say(
        'False',
        'Pending',
        `${pending.length} of ${injected.length} pods have not taken it yet, such as ${pending[0]?.pod.name}.`,
      );
}

function protectedFrom({ targets, isHeard }: StatusFacts): Said {
  const type = CONDITIONS.bypassProtected;
  const bare = targets.find(({ state }) => state === 'uninjected');
  if (bare !== undefined) {
    const what = bare.isMeant ? 'restart its workload' : 'opt its workload in';
    const message = `Pod ${bare.pod.name} has no sidecar: ${what}.`;
    return { type, status: 'False', reason: 'UninjectedPods', message };
  }
  const exposed = targets.find(({ isExposed }) => isExposed);
  if (exposed !== undefined) {
    const message = `Pod ${exposed.pod.name} listens at ${exposed.ack?.exposed[0]}, past the sidecar: bind it to 127.0.0.1 or use capture mode Redirect.`;
    return { type, status: 'False', reason: 'ExposedListeners', message };
  }
  const named = targets.find(({ ack }) => ack?.capture === 'NamedPort');
  if (named !== undefined) {
    const message = `Pod ${named.pod.name} is captured by port name alone, so its own port is open: say in spec.server.capture how it is moved, or let its namespace admit Redirect.`;
    return { type, status: 'False', reason: 'NamedPort', message };
  }
  const isKnown = isHeard && targets.length > 0 && targets.every(({ ack }) => ack !== undefined);
  return isKnown
    ? { type, status: 'True', reason: 'Audited', message: 'No pod listens past its sidecar.' }
    : {
        type,
        status: 'Unknown',
        reason: 'NotAudited',
        message: 'Not every sidecar has looked yet.',
      };
}

function degraded({ targets, isHeard }: StatusFacts): Said {
  const type = CONDITIONS.degraded;
  const old = targets.filter(({ isOutdated }) => isOutdated).length;
  if (!isHeard) {
    const message = 'Redis is away: calls are refused until it is back.';
    return { type, status: 'True', reason: 'StateUnavailable', message };
  }
  return old === 0
    ? { type, status: 'False', reason: 'Sound', message: 'Nothing is degraded.' }
    : {
        type,
        status: 'False',
        reason: 'OutdatedSidecars',
        message: `${old} pods have an older sidecar, or lack a Secret that was named later: restart their workloads when it suits.`,
      };
}

function plain({ policy }: PolicyItem | BaselineItem): Said {
  const type = CONDITIONS.transportPlain;
  const hasTls = policy?.spec !== undefined && 'server' in policy.spec && policy.spec.server?.tls;
  return hasTls
    ? { type, status: 'False', reason: 'Tls', message: 'Clients connect by TLS.' }
    : {
        type,
        status: 'True',
        reason: 'NoTls',
        message:
          'Clients connect without TLS, unless something in front of the pods adds it: give spec.server.tls.secretName.',
      };
}

function dated(said: Said, { item, now }: StatusFacts): Condition {
  const before = item.status?.conditions?.find(({ type }) => type === said.type);
  const since = before?.status === said.status ? before.lastTransitionTime : now;
  return { ...said, observedGeneration: item.generation, lastTransitionTime: since };
}

function timeless(status: PolicyStatus | undefined): unknown {
  const { conditions = [], targets = {}, ...rest } = status ?? {};
  return [
    Object.entries(rest).sort(byName),
    Object.entries(targets).sort(byName),
    conditions
      .map(({ type, status: value, reason, message, observedGeneration }) => [
        ...[type, value, reason, message, observedGeneration],
      ])
      .sort((a, b) => (String(a) < String(b) ? -1 : 1)),
  ];
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
