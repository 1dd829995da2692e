// Runs `bin/gatehouse console` as its users do: as a program of its own, on free ports.

import { fileURLToPath } from 'node:url';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { Child } from './child.ts';
import type { Running } from './run-fixture.ts';

export interface ConsoleOptions {
  readonly redis: string;
  /** Files, or folders of them. */
  readonly policies: readonly string[];
  /** How browsers dial it; it answers to that name alone. */
  readonly publicUrl: string;
  /** Folder of the sealing keys. */
  readonly data: string;
  readonly trustKey: string;
  readonly approvalKey: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Further flags of `gatehouse console`. */
  readonly flags?: readonly string[];
}

export interface ConsoleProgram extends Running {
  readonly port: number;
  readonly adminUrl: string;
  readonly child: Child;
}

const LAUNCHER = fileURLToPath(new URL('../../bin/gatehouse', import.meta.url));

export async function startConsoleProgram(options: ConsoleOptions): Promise<ConsoleProgram> {
  const port = options.port ?? (await freePort());
  const admin = `127.0.0.1:${await freePort()}`;
  const child = new Child({
    command: LAUNCHER,
    args: [
      ...['console', '--redis', options.redis, '--public-url', options.publicUrl],
      ...options.policies.flatMap((policy) => ['--policy', policy]),
      ...['--listen', `127.0.0.1:${port}`, '--admin', admin],
      ...['--data', options.data, '--trust-key', options.trustKey],
      ...['--approval-key', options.approvalKey],
      ...(options.flags ?? []),
    ],
  });
  try {
    await child.untilLive(`http://${admin}/readyz`, (status) => status === 200);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    url: options.publicUrl,
    port,
    adminUrl: `http://${admin}`,
    child,
    close: async () => void (await child.stop()),
  };
}
