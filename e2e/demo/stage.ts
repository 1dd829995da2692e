// What the demo plays on: a real OIDC provider, two real MCP servers, and `gatehouse run` in front of
// each, all on free loopback ports and gone afterwards.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { start as startEverything } from '#e2e/servers/everything.ts';
import { type Gatehouse, startGatehouse } from '#e2e/servers/gatehouse.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { type OidcProvider, startOidcProvider } from '#e2e/servers/oidc-provider.ts';

export interface Stage {
  readonly provider: OidcProvider;
  readonly legacy: Governed;
  readonly modern: Governed;
  close(): Promise<void>;
}

export interface Governed {
  readonly gatehouse: Gatehouse;
  readonly data: string;
}

const POLICY = fileURLToPath(new URL('policy.yaml', import.meta.url));

export async function setStage(): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-demo-'));
  const closers: (() => Promise<unknown>)[] = [
    () => rm(directory, { recursive: true, force: true }),
  ];
  const close = async (): Promise<void> => {
    for (const each of closers.reverse()) await each();
  };
  try {
    const provider = await startOidcProvider();
    closers.push(() => provider.close());
    const policy = await writePolicy(directory, provider.issuer);
    const govern = async (name: string, server: { url: string; close(): Promise<unknown> }) => {
      closers.push(() => server.close());
      const data = join(directory, name);
      const gatehouse = await startGatehouse({ policies: [policy], upstream: server.url, data });
      closers.push(() => gatehouse.close());
      return { gatehouse, data };
    };
    const legacy = await govern('legacy', await startEverything());
    const modern = await govern('modern', await startModern());
    return { provider, legacy, modern, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function writePolicy(directory: string, issuer: string): Promise<string> {
  const policy = parseDocument(await readFile(POLICY, 'utf8'));
  policy.setIn(['spec', 'identity', 'issuers', 0, 'issuer'], issuer);
  const file = join(directory, 'policy.yaml');
  await writeFile(file, policy.toString());
  return file;
}
