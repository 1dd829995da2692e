// Policy while the gateway runs: a good one is swapped in whole, a bad one changes nothing
// and says so in the log, the metrics and the evidence.

import type { Ledger } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import { type GoodPolicy, type LoadedPolicy, policyLoaded } from '#platform/file/load-policy.ts';
import { printProblem } from '#platform/file/policy-file.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Metrics } from '#platform/process/metrics.ts';
import type { Activation, Snapshot } from './activation.ts';

export interface ReloadDeps {
  readonly activation: Activation;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Makes the snapshot of a loaded policy; rejects when a credential cannot be had. */
  readonly snapshotOf: (loaded: GoodPolicy) => Promise<Snapshot>;
}

/** More problems than anyone reads at once; the count says how many there are. */
const MAX_PROBLEMS = 20;

export type Activated =
  | { readonly ok: true }
  | { readonly ok: false; readonly problems: readonly string[] };

/** `facts`: further ones for the record of the policy. */
export type Activate = (loaded: LoadedPolicy, facts?: RecordDraft['detail']) => Promise<Activated>;

/** Returns what to call with each policy; they are taken one after the other. */
export function reloader(deps: ReloadDeps): Activate {
  let last: Promise<unknown> = Promise.resolve();
  return (loaded, facts) => {
    const next = last.then(() => reload(loaded, facts, deps));
    last = next;
    return next;
  };
}

async function reload(
  loaded: LoadedPolicy,
  facts: RecordDraft['detail'],
  deps: ReloadDeps,
): Promise<Activated> {
  if (!loaded.ok) return reject(loaded.problems.map(printProblem), deps);
  let snapshot: Snapshot;
  try {
    snapshot = await deps.snapshotOf(loaded);
  } catch (error) {
    return reject(
      [error instanceof Error ? error.message : 'the policy cannot be activated'],
      deps,
    );
  }
  // Recorded before it judges anything: no decision may name a policy the evidence does not know.
  const draft = policyLoaded(loaded, deps.clock.timestamp(), facts);
  try {
    await deps.ledger.append(draft);
  } catch {
    return reject(['evidence cannot be written, so the new policy is not activated'], deps);
  }
  deps.activation.swap(snapshot);
  deps.metrics.policyLoaded('loaded');
  deps.log.info('policy activated', { digest: loaded.digest, mode: loaded.policy.mode });
  return { ok: true };
}

async function reject(problems: readonly string[], deps: ReloadDeps): Promise<Activated> {
  const shown = problems.slice(0, MAX_PROBLEMS);
  deps.metrics.policyLoaded('rejected');
  deps.log.error('policy rejected; the last good one stays', {
    problems: shown,
    count: problems.length,
  });
  await deps.ledger
    .append({
      type: 'policy.rejected',
      ts: deps.clock.timestamp(),
      detail: { problems: shown, count: problems.length, kept: deps.activation.current.digest },
    })
    .catch(() => {});
  return { ok: false, problems: shown };
}
