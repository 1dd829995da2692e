// Runs the published example server, @modelcontextprotocol/server-everything, as a child process: a
// server that is not ours, of the legacy era, answering over SSE.

import { createRequire } from 'node:module';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { Child } from './child.ts';
import { type Running, runFixture } from './run-fixture.ts';

export async function start({ port }: { port?: number } = {}): Promise<Running> {
  const chosen = port || (await freePort());
  const entry = createRequire(import.meta.url).resolve(
    '@modelcontextprotocol/server-everything/dist/index.js',
  );
  const child = new Child({
    command: process.execPath,
    args: [entry, 'streamableHttp'],
    env: { PORT: String(chosen) },
  });
  const url = `http://127.0.0.1:${chosen}/mcp`;
  try {
    // Without a session it answers 400, which is life enough.
    await child.untilLive(url);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { url, close: async () => void (await child.stop()) };
}

if (import.meta.main) await runFixture(start);
