// Reads a watch: one JSON object per line, of any size up to a bound. What is cut off in the middle is no
// event; the connection is then opened again from the last version.

import { KubeFault, kubeFault } from './kube-fault.ts';

export type WatchEvent =
  | { readonly kind: 'changed' | 'gone'; readonly object: unknown; readonly version: string }
  | { readonly kind: 'bookmark'; readonly version: string }
  | { readonly kind: 'fault'; readonly fault: KubeFault };

/** Objects have at most 1.5 MiB in etcd, and JSON is not the tightest form. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Throws KubeFault for what is no watch. */
export async function* readWatchEvents(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent, void> {
  let held: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of bytes) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      held.push(chunk.subarray(from, at));
      yield readEvent(Buffer.concat(held).toString('utf8'));
      held = [];
      sizeBytes = 0;
      from = at + 1;
    }
    sizeBytes += chunk.byteLength - from;
    if (sizeBytes > MAX_LINE_BYTES) throw new KubeFault({ status: 0, reason: 'EventTooLarge' });
    if (from < chunk.byteLength) held.push(chunk.subarray(from));
  }
}

function readEvent(line: string): WatchEvent {
  const { type, object } = Object(parse(line));
  if (type === 'ERROR') {
    const { code } = Object(object);
    return {
      kind: 'fault',
      fault: kubeFault(Number(code) || 0, JSON.stringify(object), undefined),
    };
  }
  const { resourceVersion: version } = Object(Object(object).metadata);
  if (typeof version !== 'string') throw new KubeFault({ status: 0, reason: 'NotAnEvent' });
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'changed', object, version };
    case 'DELETED':
      return { kind: 'gone', object, version };
    case 'BOOKMARK':
      return { kind: 'bookmark', version };
    default:
      throw new KubeFault({ status: 0, reason: 'NotAnEvent' });
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new KubeFault({ status: 0, reason: 'NotAnEvent', cause });
  }
}
