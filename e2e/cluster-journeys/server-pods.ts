// The pods of the server of a journey, as kubectl shows them.

import { kubectl } from './cluster.ts';
import { SERVER } from './stage.ts';

/** Names of the pods whose server has opened a session, as it logs. */
export async function podsWithSessions(namespace: string): Promise<readonly string[]> {
  // One that has just gone has no log; it is looked for again.
  const logs = await kubectl(
    ...['-n', namespace, 'logs', '--prefix', '-l', `app=${SERVER}`, '-c', SERVER, '--tail=-1'],
  ).catch(() => '');
  return [...logs.matchAll(/^\[pod\/([^/]+)\/.*Session initialized/gm)].map(
    ([, name = '']) => name,
  );
}

/** Of the governed ones: some of before may still be ending. */
export async function podNames(namespace: string): Promise<readonly string[]> {
  const governed = `app=${SERVER},gatehouse.dev/injected`;
  const names = await kubectl('-n', namespace, 'get', 'pods', '-l', governed, '-o', 'name');
  return names.trim().split('\n').sort();
}

/** How often the servers, which keep a journal, ran this tool. */
export async function executions(namespace: string, tool: string): Promise<number> {
  const read = 'fetch("http://127.0.0.1:3001/__seen").then((r) => r.json())';
  const show = `${read}.then(({ executed }) => console.log(executed["${tool}"] ?? 0))`;
  const counts = await Promise.all(
    (await podNames(namespace)).map((pod) =>
      kubectl('-n', namespace, 'exec', pod, '-c', SERVER, '--', 'node', '-e', show),
    ),
  );
  return counts.map(Number).reduce((sum, count) => sum + count, 0);
}

export interface PodState {
  readonly name: string;
  readonly uid: string;
  readonly isReady: boolean;
  /** By container, those of initialization too. */
  readonly restarts: Readonly<Record<string, number>>;
  /** When each container that runs began to, in milliseconds. */
  readonly startedAt: Readonly<Record<string, number>>;
}

/** Of those that stay: some of before may still be ending. */
export async function podStates(namespace: string): Promise<readonly PodState[]> {
  const text = await kubectl('-n', namespace, 'get', 'pods', '-l', `app=${SERVER}`, '-o', 'json');
  const pods: readonly PodObject[] = JSON.parse(text).items;
  return pods.filter(({ metadata }) => !('deletionTimestamp' in metadata)).map(readPodState);
}

type PodObject = Readonly<Record<'metadata' | 'status', Record<string, unknown>>>;

interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly state?: { readonly running?: { readonly startedAt: string } };
}

function readPodState({ metadata, status }: PodObject): PodState {
  const { initContainerStatuses = [], containerStatuses = [], conditions = [] } = Object(status);
  const all: readonly ContainerStatus[] = [...initContainerStatuses, ...containerStatuses];
  return {
    name: String(metadata.name),
    uid: String(metadata.uid),
    isReady: conditions.some(
      ({ type, status: is }: Record<string, string>) => type === 'Ready' && is === 'True',
    ),
    restarts: Object.fromEntries(all.map(({ name, restartCount }) => [name, restartCount])),
    startedAt: Object.fromEntries(
      all.map(({ name, state }) => [name, Date.parse(state?.running?.startedAt ?? '')]),
    ),
  };
}
