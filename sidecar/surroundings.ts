// What differs between a gateway that runs alone and one in a pod: where its policy comes from, and what runs
// beside it in the same process.

import type { RecordDraft } from '#core/evidence/record.ts';
import { type GoodPolicy, loadPolicy } from '#platform/file/load-policy.ts';
import { type PolicyDocument, printProblem, readPolicyFiles } from '#platform/file/policy-file.ts';
import { watchPolicyFiles } from '#platform/file/policy-watch.ts';
import type { Mount } from '#platform/process/admin-server.ts';
import type { Metrics } from '#platform/process/metrics.ts';
import type { Gate } from './gate.ts';
import type { Gateway } from './gateway.ts';
import type { OpenNeighbour } from './neighbour.ts';
import type { Activate } from './reload.ts';
import { SettingsFault } from './settings.ts';

export interface Surroundings {
  /** Absent: the files that the settings name. */
  readonly policies?: PolicySource;
  readonly openNeighbour?: OpenNeighbour | undefined;
  readonly attach?: (to: Attachable) => Attachment;
}

export interface PolicySource {
  /** What the gateway starts with; rejects with SettingsFault where there is nothing to start with. */
  first(): Promise<FirstPolicy>;
  /** Hands every later one to `activate`. */
  follow(activate: Activate): Following;
}

export interface FirstPolicy {
  readonly loaded: GoodPolicy;
  /** For the record that says so. */
  readonly facts?: RecordDraft['detail'];
}

export interface Following {
  /** Idempotent; nothing is handed over afterwards. */
  close(): void;
}

/** The gateway as those see it who are closed before it. */
export interface Attachable {
  readonly gateway: Gateway;
  readonly gate: Gate;
  readonly metrics: Metrics;
}

export interface Attachment {
  /** Served on the admin address, beside probes and metrics. */
  readonly mounts: ReadonlyMap<string, Mount>;
  close(): Promise<void>;
}

export function policyFiles(files: readonly string[]): PolicySource {
  let current: readonly PolicyDocument[] | undefined;
  return {
    async first() {
      const reading = await readPolicyFiles(files);
      const loaded = loadPolicy(reading);
      if (!loaded.ok) throw new SettingsFault(loaded.problems.map(printProblem).join('\n'));
      current = reading.ok ? reading.documents : [];
      return { loaded };
    },
    follow: (activate) =>
      watchPolicyFiles(
        files,
        (reading) => void activate(loadPolicy(reading)),
        current === undefined ? {} : { current },
      ),
  };
}
