// Lets a fixture run as a script: `node e2e/servers/legacy-fixture.ts --port 3901`.

import { parseArgs } from 'node:util';

export interface Running {
  /** The MCP endpoint. */
  readonly url: string;
  close(): Promise<void>;
}

/** Prints the URL once it listens; SIGINT and SIGTERM end it. */
export async function runFixture(
  start: (options: { port: number; anyHost: boolean }) => Promise<Running>,
) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'any-host': { type: 'boolean', default: false },
    },
  });
  const fixture = await start({ port: Number(values.port), anyHost: values['any-host'] });
  process.stdout.write(`${fixture.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void fixture.close().then(() => process.exit(0)));
  }
}
