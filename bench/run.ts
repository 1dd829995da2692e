// `make bench`: what Gatehouse costs a call, as ratios to nginx as a plain hop, all measured in one run
// in turn. BENCH_QUICK=1 only shows that the bench works: its figures are noise.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start as startServer } from '#e2e/servers/modern-fixture.ts';
import { startOidcProvider } from '#e2e/servers/oidc-provider.ts';
import { type Column, startColumns } from './columns.ts';
import { treeCpuMicros } from './cpu.ts';
import { measureDurableWrites } from './durable-write.ts';
import { answeringServer, startNginx } from './nginx.ts';
import { AUDIENCE, writePolicy } from './policy.ts';
import { assertPrograms } from './programs.ts';
import { type Cell, renderReport, summarize } from './report.ts';
import { measuredCall } from './request.ts';
import { load, writeScript } from './wrk.ts';

const QUICK = process.env.BENCH_QUICK === '1';
const REPETITIONS = QUICK ? 2 : 7;
const SECONDS = QUICK ? 1 : 2;
/** One connection shows what is added to a call; the other count, what a core can carry. */
const CONNECTIONS = QUICK ? [1] : [1, 64];
const WARM_UP_CONNECTIONS = 16;
const WRITES_PER_REPETITION = 20;
/** Load and server share one core, whatever stands in between has the other. */
const CORES = { load: 0, proxy: 1 };
const DIRECTORY = fileURLToPath(new URL('../out/bench', import.meta.url));

await assertPrograms();
await rm(DIRECTORY, { recursive: true, force: true });
await mkdir(DIRECTORY, { recursive: true });
process.exitCode = await bench();
process.exit();

async function bench(): Promise<number> {
  const provider = await startOidcProvider();
  const fixture = await startServer();
  const call = measuredCall(await provider.token({ audience: AUDIENCE, expiresInSeconds: 1800 }));
  const origin = new URL(fixture.url).origin;
  const answering = answeringServer(call.reply, origin);
  const upstream = await startNginx(DIRECTORY, { name: 'server', core: CORES.load, ...answering });
  const columns = await startColumns({
    directory: DIRECTORY,
    upstreamPort: upstream.port,
    policy: await writePolicy(DIRECTORY, provider.issuer),
    maskingPolicy: await writePolicy(DIRECTORY, provider.issuer, { masks: true }),
    recordingPolicy: await writePolicy(DIRECTORY, provider.issuer, { record: 'Full' }),
    core: CORES.proxy,
  });
  const wrkScript = join(DIRECTORY, 'call.lua');
  await writeScript(wrkScript, call);
  try {
    const { cells, writes } = await measure(columns, wrkScript);
    const summary = summarize(cells, writes, { repetitions: REPETITIONS, quick: QUICK });
    await writeFile(join(DIRECTORY, 'bench.json'), `${JSON.stringify(summary, null, 2)}\n`);
    process.stdout.write(renderReport(summary));
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return summary.isSane ? 0 : 1;
  } finally {
    for (const column of columns) await column.stop();
    await upstream.child.stop();
    await fixture.close();
    await provider.close();
  }
}

async function measure(columns: readonly Column[], script: string) {
  const cells: Cell[] = [];
  const writes: number[] = [];
  // Under load, so that code is compiled and connections are open before anything counts.
  for (const column of columns) await measureCell(column, script, WARM_UP_CONNECTIONS);
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    writes.push(...measureDurableWrites(DIRECTORY, WRITES_PER_REPETITION));
    for (const connections of CONNECTIONS) {
      for (const column of columns) cells.push(await measureCell(column, script, connections));
    }
  }
  return { cells, writes };
}

async function measureCell(column: Column, script: string, connections: number): Promise<Cell> {
  const before = column.pid === undefined ? 0 : treeCpuMicros(column.pid);
  const what = { url: column.url, connections, seconds: SECONDS };
  const figures = await load(script, CORES.load, what);
  const after = column.pid === undefined ? 0 : treeCpuMicros(column.pid);
  if (figures.errors > 0 || figures.requests === 0) {
    throw new Error(`${column.name}: ${figures.errors} errors in ${figures.requests} calls`);
  }
  const cpuMicros = (after - before) / figures.requests;
  return { column: column.name, connections, cpuMicros, ...figures };
}
