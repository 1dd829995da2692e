// Gatehouse with every control and its ledger in memory: what the controls cost without the disk.
// `node bench/gatehouse-memory.ts POLICY UPSTREAM PORT DATA-DIR`; the directory holds keys only.

import { mkdir } from 'node:fs/promises';
import { MemoryLedger } from '#platform/memory/ledger.ts';
import { createClock } from '#platform/process/clock.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { createLogger } from '#platform/process/log.ts';
import { startSidecar } from '#sidecar/main.ts';

const [policy, upstream, port, dataDir] = process.argv.slice(2);
if (!policy || !upstream || !port || !dataDir) {
  throw new Error('usage: gatehouse-memory.ts POLICY UPSTREAM PORT DATA-DIR');
}
await mkdir(dataDir, { recursive: true });
const clock = createClock();
const now = () => clock.timestamp();
const ledger = new MemoryLedger({ version: 'bench', now, keep: 'nothing' });
const settings = {
  policyFiles: [policy],
  upstream: new URL(upstream),
  listen: { host: '127.0.0.1', port: Number(port) },
  publicUrls: [],
  dataDir,
  trustKeyFile: `${dataDir}-trust.pub`,
  admin: { host: '127.0.0.1', port: await freePort() },
  allowPlainHttp: false,
  version: 'bench',
  env: {},
};
// As `gatehouse run` logs by default.
const log = createLogger({ level: 'info', write: (line) => process.stderr.write(line), now });
await startSidecar(settings, ledger, log);
