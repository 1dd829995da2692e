// The governed path to a server: shim, Gatehouse, server, with a token from a real OIDC provider.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { startGatehouse } from '#e2e/servers/gatehouse.ts';
import { startOidcProvider } from '#e2e/servers/oidc-provider.ts';
import type { Running } from '#e2e/servers/run-fixture.ts';
import { startShim } from './shim.ts';

/** Longer than the soak, whose stream would end with the token. */
const TOKEN_SECONDS = 1800;
const POLICY = fileURLToPath(new URL('policy.yaml', import.meta.url));

export async function openPath(upstream: string): Promise<Running> {
  const opened: (() => Promise<unknown>)[] = [];
  const close = async () => {
    while (opened.length > 0) await opened.pop()?.();
  };
  try {
    const url = await open(upstream, opened);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Puts how to undo each step into `opened`, so that a failure half-way leaves nothing behind. */
async function open(upstream: string, opened: (() => Promise<unknown>)[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-conformance-'));
  opened.push(() => rm(directory, { recursive: true, force: true }));
  const shim = await startShim();
  opened.push(() => shim.close());
  const url = `http://127.0.0.1:${shim.port}${new URL(upstream).pathname}`;
  const provider = await startOidcProvider();
  opened.push(() => provider.close());
  const gatehouse = await startGatehouse({
    policies: [await writePolicy(directory, { issuer: provider.issuer, audience: url })],
    upstream,
    data: join(directory, 'data'),
    publicUrls: [url],
  });
  opened.push(() => gatehouse.close());
  const token = await provider.token({ audience: url, expiresInSeconds: TOKEN_SECONDS });
  shim.forwardTo({ port: gatehouse.port, token });
  return url;
}

async function writePolicy(
  directory: string,
  identity: { readonly issuer: string; readonly audience: string },
): Promise<string> {
  const policy = parseDocument(await readFile(POLICY, 'utf8'));
  const issuer = ['spec', 'identity', 'issuers', 0];
  policy.setIn([...issuer, 'issuer'], identity.issuer);
  policy.setIn([...issuer, 'audiences'], [identity.audience]);
  const file = join(directory, 'policy.yaml');
  await writeFile(file, policy.toString());
  return file;
}
