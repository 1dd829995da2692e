// Runs `bin/gatehouse run` as its users do: as a program, with flags, on free ports.

import { fileURLToPath } from 'node:url';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { Child } from './child.ts';
import type { Running } from './run-fixture.ts';

export interface GatehouseOptions {
  readonly policies: readonly string[];
  /** MCP endpoint of the server behind it; its path is the public path too. */
  readonly upstream: string;
  /** Holds the evidence; the trust key goes beside it, not inside. */
  readonly data: string;
  /** How clients spell its address; the default is the address it listens on. */
  readonly publicUrls?: readonly string[];
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Further flags of `gatehouse run`. */
  readonly flags?: readonly string[];
  /** Words put before the launcher: a program that starts it, such as a shell that sets a limit. */
  readonly within?: readonly string[];
  /** Which status of /readyz counts as started; by default only 200. */
  readonly isStarted?: (status: number) => boolean;
}

export interface Gatehouse extends Running {
  readonly port: number;
  readonly adminUrl: string;
  /** Public half of the key that signs checkpoints. */
  readonly trustKey: string;
  readonly child: Child;
}

const LAUNCHER = fileURLToPath(new URL('../../bin/gatehouse', import.meta.url));

export async function startGatehouse(options: GatehouseOptions): Promise<Gatehouse> {
  const port = options.port ?? (await freePort());
  const admin = `127.0.0.1:${await freePort()}`;
  const trustKey = `${options.data}-trust.pub`;
  const [command = LAUNCHER, ...words] = [...(options.within ?? []), LAUNCHER];
  const child = new Child({
    command,
    args: [
      ...words,
      'run',
      ...options.policies.flatMap((policy) => ['--policy', policy]),
      ...(options.publicUrls ?? []).flatMap((url) => ['--public-url', url]),
      ...['--upstream', options.upstream, '--listen', `127.0.0.1:${port}`, '--admin', admin],
      ...['--data', options.data, '--trust-key', trustKey],
      ...(options.flags ?? []),
    ],
    ...(options.env ? { env: options.env } : {}),
  });
  try {
    await child.untilLive(
      `http://${admin}/readyz`,
      options.isStarted ?? ((status) => status === 200),
    );
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}${new URL(options.upstream).pathname}`,
    port,
    adminUrl: `http://${admin}`,
    trustKey,
    child,
    close: async () => void (await child.stop()),
  };
}
