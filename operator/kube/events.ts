// Events that people read with `kubectl describe`: one sentence on an object. What was said of it already
// in the last minutes is not said again, and a flood is cut.

import type { KubeClient } from './client.ts';
import { microTime } from './leader.ts';

export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent for objects of the cluster; their events go to `default`. */
  readonly namespace?: string;
  readonly uid?: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** Pod of the operator. */
  readonly instance: string;
  readonly wallMillis: () => number;
  readonly newId: () => string;
  readonly onFault: (error: unknown) => void;
}

const CONTROLLER = 'gatehouse.dev/operator';
const QUIET_MILLIS = 10 * 60_000;
const MAX_REMEMBERED = 10_000;
const MAX_NOTE_CHARS = 1000;
/** Each minute, of all. */
const MAX_PER_MINUTE = 300;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  /** When something was last said, oldest first. */
  readonly #said = new Map<string, number>();
  #minute = { startedAt: 0, count: 0 };

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** Never rejects, and nobody waits for it: an event is not what anything depends on. */
  say(type: 'Normal' | 'Warning', on: ObjectRef, reason: string, note: string): void {
    const now = this.#options.wallMillis();
    const about = [on.kind, on.namespace, on.name, on.uid, reason, note].join('\n');
    if (now - (this.#said.get(about) ?? Number.NEGATIVE_INFINITY) < QUIET_MILLIS) return;
    if (!this.#hasRoom(now)) return;
    this.#said.delete(about);
    this.#said.set(about, now);
    const [oldest] = this.#said.keys();
    if (this.#said.size > MAX_REMEMBERED && oldest !== undefined) this.#said.delete(oldest);
    this.#create(type, on, reason, note.slice(0, MAX_NOTE_CHARS)).catch(this.#options.onFault);
  }

  #hasRoom(now: number): boolean {
    if (now - this.#minute.startedAt > 60_000) this.#minute = { startedAt: now, count: 0 };
    this.#minute.count += 1;
    return this.#minute.count <= MAX_PER_MINUTE;
  }

  async #create(type: string, on: ObjectRef, reason: string, note: string): Promise<void> {
    const { client, instance, wallMillis, newId } = this.#options;
    const namespace = on.namespace ?? 'default';
    await client.create(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`, {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: `${on.name.slice(0, 200)}.${newId()}`, namespace },
      eventTime: microTime(wallMillis()),
      reportingController: CONTROLLER,
      reportingInstance: instance,
      action: 'Reconcile',
      type,
      reason,
      note,
      regarding: on,
    });
  }
}
