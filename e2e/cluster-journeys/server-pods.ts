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
