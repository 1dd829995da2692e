// Lets one process at a time write a data directory. The lock is a listening socket, because the
// system takes that back however the process ends, kill -9 included.

import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirFault } from './data-dir-fault.ts';

export interface DataLock {
  /** Idempotent. */
  release(): Promise<void>;
}

/** Rejects with DataDirFault when another process holds the directory. */
export async function lockDataDir(dataDir: string): Promise<DataLock> {
  // Device and inode: the same directory under another name is the same directory.
  const { dev, ino } = await stat(dataDir, { bigint: true });
  const name = createHash('sha256').update(`gatehouse/data-lock/v1\n${dev}\n${ino}`).digest('hex');
  const address =
    process.platform === 'linux'
      ? `\0gatehouse-${name}`
      : join(tmpdir(), `gatehouse-${name.slice(0, 32)}.sock`);
  const server = (await listen(address)) ?? (await listenAgain(address));
  if (server === undefined) {
    throw new DataDirFault(
      'data_locked',
      `${dataDir}: another gatehouse is writing here; stop it, or give this one its own directory with --data`,
    );
  }
  server.unref();
  let released: Promise<void> | undefined;
  return {
    release: () => {
      released ??= new Promise((resolve) => server.close(() => resolve()));
      return released;
    },
  };
}

/** Undefined when the address is taken. */
async function listen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>();
  server.once('error', (error) =>
    'code' in error && error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
  );
  server.listen({ path: address }, () => resolve(server));
  return promise;
}

/** A socket file outlives its process (an abstract name does not): take it over when nobody answers. */
async function listenAgain(address: string): Promise<Server | undefined> {
  if (address.startsWith('\0') || (await isAnswered(address))) {
    return undefined;
  }
  await rm(address, { force: true });
  return listen(address);
}

async function isAnswered(address: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ path: address });
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const isThere = await promise;
  socket.destroy();
  return isThere;
}
