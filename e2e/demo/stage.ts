// What the first act plays on: a real OIDC provider, two real MCP servers, and `gatehouse run` in front of
// each, all on free loopback ports and gone afterwards. The second act adds what it needs.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { start as startEverything } from '#e2e/servers/everything.ts';
import { type Gatehouse, startGatehouse } from '#e2e/servers/gatehouse.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { type OidcProvider, startOidcProvider } from '#e2e/servers/oidc-provider.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';

export interface Stage {
  readonly provider: OidcProvider;
  /** The file of the policy, and the folder that all lies in. */
  readonly policy: string;
  readonly directory: string;
  /** Where the console of the second act will be; the provider sends people back there. */
  readonly consoleUrl: string;
  readonly legacy: Governed;
  readonly modern: Governed;
  /** Closes this part with the stage, before those that were there already. */
  keep<Part extends { close(): Promise<unknown> }>(part: Part): Part;
  close(): Promise<void>;
}

/** Id of the console at the identity provider. */
export const CONSOLE_CLIENT = 'demo-console';

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
    const consoleUrl = `http://localhost:${await freePort()}`;
    const provider = await startOidcProvider({
      clients: ['demo-client', CONSOLE_CLIENT],
      redirectUris: [`${consoleUrl}/sign-in/callback`],
    });
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
    const keep: Stage['keep'] = (part) => {
      closers.push(() => part.close());
      return part;
    };
    return { provider, policy, directory, consoleUrl, legacy, modern, keep, close };
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
