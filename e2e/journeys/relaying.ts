// Two gateways on two machines, as far as they know: each with a server of its own beside it unless they
// share one, data of its own and the same keys, one Redis between them, and a plain hop that clients dial.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gatehouse, startGatehouse } from '#e2e/servers/gatehouse.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { startRedis } from '#platform/redis/redis-server.fixture.ts';
import type { Replicas } from './replicas.ts';
import { type Spec, startRig } from './rig.ts';
import { type RoundRobin, startRoundRobin } from './round-robin.ts';

export interface Relaying extends Replicas {
  readonly hop: RoundRobin;
  /** What clients dial, and every token's audience. */
  readonly url: string;
  /** The servers behind the two. */
  readonly servers: readonly [Fixture, Fixture];
  /** Ports where the two hear each other. */
  readonly peerPorts: readonly [number, number];
  /** What leads to one of the two alone. */
  at(gateway: Gatehouse): string;
}

export interface RelayingOptions {
  readonly era: 'legacy' | 'modern';
  readonly spec: Spec;
  readonly holdSeconds?: number;
  /** To approvals a server is its address: one that is granted at both must have one. */
  readonly oneServer?: true;
}

export async function startRelaying(options: RelayingOptions): Promise<Relaying> {
  const { era, spec, holdSeconds = 8, oneServer } = options;
  const start = () => (era === 'legacy' ? startLegacy() : startModern());
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-keys-'));
  const keys = await makeKeys(folder);
  const redis = await startRedis();
  const [hopPort, onlyOne, onlyTwo] = [await freePort(), await freePort(), await freePort()];
  const [peerOne, peerTwo] = [await freePort(), await freePort()];
  const urlOf = (port: number) => `http://127.0.0.1:${port}/mcp`;
  const url = urlOf(hopPort);
  const shared = ['--redis', redis.url, '--keys', keys, '--hold-seconds', String(holdSeconds)];
  const flags = (peer: number) => [...shared, '--peer-listen', `127.0.0.1:${peer}`];
  const publicUrls = [hopPort, onlyOne, onlyTwo].map(urlOf);
  const rig = await startRig({
    server: start,
    specs: [spec],
    claims: { person: 'email' },
    publicUrls,
    start: { flags: flags(peerOne) },
  });
  const server = oneServer === undefined ? await start() : rig.server;
  const data = join(rig.directory, 'data-two');
  // Both sign evidence with one key, and each keeps its newest checkpoint beside its own copy.
  for (const half of ['pub', 'key']) {
    await copyFile(`${rig.data}-trust.${half}`, `${data}-trust.${half}`);
  }
  const two = await startGatehouse({
    policies: rig.policyFiles,
    upstream: server.url,
    data,
    publicUrls,
    flags: flags(peerTwo),
  });
  const one = rig.gatehouse;
  const hop = await startRoundRobin(hopPort, [one.port, two.port]);
  const ways = [
    await startRoundRobin(onlyOne, [one.port]),
    await startRoundRobin(onlyTwo, [two.port]),
  ];
  return {
    ...{ rig, redis, redisUrl: redis.url, one, two, hop, url },
    servers: [rig.server, server],
    peerPorts: [peerOne, peerTwo],
    at: (gateway) => urlOf(gateway === one ? onlyOne : onlyTwo),
    close: async () => {
      for (const way of [hop, ...ways]) await way.close();
      await two.close();
      if (oneServer === undefined) await server.close();
      await rig.close();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A folder as docs/keys.md describes it. */
async function makeKeys(folder: string): Promise<string> {
  const keys = join(folder, 'keys');
  await mkdir(keys);
  const pem = { type: 'pkcs8', format: 'pem' } as const;
  const upstream = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const approval = generateKeyPairSync('ed25519').privateKey;
  const recording = generateKeyPairSync('x25519').publicKey;
  const files = {
    'sealing.keys': `${randomBytes(32).toString('base64')}\n`,
    'masking.key': `${randomBytes(32).toString('base64')}\n`,
    'upstream-signing-key.pem': upstream.export(pem),
    'approval-signing-key.pem': approval.export(pem),
    'recording.pub': recording.export({ type: 'spki', format: 'pem' }),
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(keys, name), text, { mode: 0o400 });
  }
  return keys;
}
