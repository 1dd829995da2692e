// An auditor at their desk: the keys that the cluster publishes, and the evidence in its Redis.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliResult, gatehouse } from '#e2e/demo/cli.ts';
import { freePort } from '#e2e/servers/child.ts';
import { kubectl } from './cluster.ts';
import { forward } from './forward.ts';

const SYSTEM = 'gatehouse-system';

/** Of all logs of one namespace. */
export async function verifyEvidence(namespace: string): Promise<CliResult> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-auditor-'));
  const port = await freePort();
  const forwarded = await forward(SYSTEM, 'service/gatehouse-redis', `${port}:6379`);
  try {
    const trust = join(folder, 'trust.pub');
    await writeFile(trust, (await gatehouse('evidence', 'trust')).stdout);
    process.env.GATEHOUSE_REDIS = `redis://default:${await password()}@127.0.0.1:${port}`;
    return await gatehouse('evidence', 'verify', '--redis-namespace', namespace, '--trust', trust);
  } finally {
    delete process.env.GATEHOUSE_REDIS;
    await forwarded.stop();
    await rm(folder, { recursive: true });
  }
}

async function password(): Promise<string> {
  const path = 'jsonpath={.data.password}';
  const encoded = await kubectl('-n', SYSTEM, 'get', 'secret', 'gatehouse-redis', '-o', path);
  return Buffer.from(encoded, 'base64').toString();
}
