// The Lua scripts beside this file, each one atomic step. Sent by digest; a server that does not know one
// yet, such as a new primary, is given its text.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from './client.ts';

export interface Script {
  readonly text: string;
  readonly digest: string;
}

type Argument = string | number | Buffer;

/** `preludes` come first, in this order: what several scripts share. Names are those of the files. */
export function loadScript(name: string, ...preludes: readonly string[]): Script {
  return scriptOf([...preludes, name].map(readLua).join('\n'));
}

export function scriptOf(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/** `make build` puts the folder beside the bundle. */
export function readLua(name: string): string {
  return readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');
}

/** Rejects with the client's error. */
export async function runScript(
  client: RedisClient,
  { text, digest }: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  try {
    return await client.evalsha(digest, keys.length, ...keys, ...args);
  } catch (error) {
    const isUnknown = error instanceof Error && error.message.startsWith('NOSCRIPT');
    if (!isUnknown) throw error;
    return client.eval(text, keys.length, ...keys, ...args);
  }
}
