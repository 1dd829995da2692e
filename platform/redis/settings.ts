// Where the state of programs that share a Redis lives, already read and typed.

import type { Namespace } from './keys.ts';
import type { RedisTarget } from './target.ts';

export interface RedisSettings {
  readonly target: RedisTarget;
  /** Shared by all who share approvals and evidence. */
  readonly namespace: Namespace;
  /** PEM of the authority of its certificate; undefined: the public ones. */
  readonly ca?: string | undefined;
  /** How many replicas of Redis must have a record before it counts. */
  readonly waitReplicas: number;
}
