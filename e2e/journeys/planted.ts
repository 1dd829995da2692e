// Where no secret may ever be: what a gateway left on the disk, said in its log and showed in its metrics.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Running } from '#e2e/servers/run-fixture.ts';
import { filesIn, type Secrets } from './leaks.ts';
import type { Rig } from './rig.ts';

/** Private halves lie in files of their own, and only there. */
const KEY_FILES: ReadonlySet<string> = new Set([
  'masking.key',
  'sealing.keys',
  'upstream-signing-key.pem',
]);

/** Ends the gateway, and gives every secret that it let out of its hands. */
export async function leaksOf(rig: Rig<Running>, secrets: Secrets): Promise<readonly string[]> {
  const metrics = await (await fetch(`${rig.gatehouse.adminUrl}/metrics`)).text();
  await rig.gatehouse.close();
  const files = [...(await filesIn(rig.data))].filter(([path]) => !KEY_FILES.has(path));
  const places = new Map<string, Buffer | string>([
    ...files,
    ['metrics', metrics],
    ['stdout and stderr', rig.log()],
  ]);
  return [...places].flatMap(([place, bytes]) =>
    secrets.foundIn(bytes).map((leak) => `${leak} in ${place}`),
  );
}

/** The private keys of the gateway itself are secrets too. */
export async function addKeys(rig: Rig<Running>, secrets: Secrets): Promise<void> {
  const files = [
    ...[...KEY_FILES].map((name) => join(rig.data, name)),
    rig.gatehouse.trustKey.replace('.pub', '.key'),
  ];
  for (const file of files) {
    const lines = (await readFile(file, 'utf8'))
      .split('\n')
      .filter((line) => /^[\w+/=]{20,}$/.test(line));
    for (const [at, line] of lines.entries())
      secrets.add(`${file}:${at}`, line.replaceAll('=', ''));
  }
}

/** The three parts of a token: whoever has two of them has nearly all of it. */
export function addToken(secrets: Secrets, where: string, token: string): string {
  for (const [at, part] of token.split('.').slice(1).entries())
    secrets.add(`${where}, part ${at}`, part);
  return token;
}
