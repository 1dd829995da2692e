// An auditor at their desk: the keys that the cluster publishes, and the evidence in its Redis.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseCommit } from '#core/evidence/commit.ts';
import type { StoredRecord } from '#core/evidence/parse-record.ts';
import { type CliResult, gatehouse } from '#e2e/demo/cli.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { connectRedis } from '#platform/redis/client.ts';
import { openRedisEvidence } from '#platform/redis/evidence-source.ts';
import { readNamespace } from '#platform/redis/keys.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { kubectl } from './cluster.ts';
import { eventually } from './eventually.ts';
import { forward } from './forward.ts';
import { SYSTEM } from './installation.ts';

/** Of all logs of one namespace. */
export async function verifyEvidence(
  namespace: string,
  ...flags: readonly string[]
): Promise<CliResult> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-auditor-'));
  try {
    const trust = join(folder, 'trust.pub');
    await writeFile(trust, (await gatehouse('evidence', 'trust')).stdout);
    return await withRedis(async (url) => {
      process.env.GATEHOUSE_REDIS = url;
      const words = ['evidence', 'verify', '--redis-namespace', namespace, '--trust', trust];
      return await gatehouse(...words, ...flags);
    });
  } finally {
    delete process.env.GATEHOUSE_REDIS;
    await rm(folder, { recursive: true });
  }
}

/** All of it is there, signed by whom it should be, and each intent has its outcome; gives the records. */
export async function expectWhole(namespace: string): Promise<readonly StoredRecord[]> {
  let last = '';
  const report = await eventually('evidence that verifies', async () => {
    const { code, stdout, stderr } = await verifyEvidence(namespace, '--json');
    last = stdout + stderr;
    const { dangling = [] } = stdout === '' ? {} : JSON.parse(stdout);
    return code === 0 && dangling.length === 0 && JSON.parse(stdout);
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${last}`);
  });
  expect(report.problems).to.deep.equal([]);
  return recordsOf(namespace);
}

export async function recordsOf(namespace: string): Promise<readonly StoredRecord[]> {
  const name = readNamespace(namespace);
  if (name === undefined) throw new Error(`${namespace} is no name of a namespace`);
  return withRedis(async (url) => {
    const client = await connectRedis(readRedisUrl(url, 'test'), { name: 'auditor' });
    const records: StoredRecord[] = [];
    try {
      for (const { source } of await openRedisEvidence(client, name, undefined)) {
        for (const { lines } of source.lanes) {
          for await (const { bytes } of lines) {
            const parsed = parseCommit(Buffer.from(bytes).toString());
            if (parsed.ok) records.push(...parsed.commit.records.map(({ record }) => record));
          }
        }
      }
    } finally {
      client.disconnect();
    }
    return records;
  });
}

/** Calls of a tool, by their intents. */
export function intentsOf(records: readonly StoredRecord[], tool: string): readonly StoredRecord[] {
  return records.filter(
    ({ type, message }) => type === 'intent' && message?.target === `tool:${tool}`,
  );
}

async function withRedis<T>(act: (url: string) => Promise<T>): Promise<T> {
  const port = await freePort();
  const forwarded = await forward(SYSTEM, 'service/gatehouse-redis', `${port}:6379`);
  try {
    return await act(`redis://default:${await password()}@127.0.0.1:${port}`);
  } finally {
    await forwarded.stop();
  }
}

async function password(): Promise<string> {
  const path = 'jsonpath={.data.password}';
  const encoded = await kubectl('-n', SYSTEM, 'get', 'secret', 'gatehouse-redis', '-o', path);
  return Buffer.from(encoded, 'base64').toString();
}
