// The two files of a key pair, in PEM: made together, whole and durable, the private half for its owner
// alone. Faults name the file and what to do, never what is in it.

import type { KeyObject } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createDurably, syncFolder } from './durable.ts';

export interface KeyPairFiles {
  readonly publicKeyFile: string;
  readonly privateKeyFile: string;
}

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** What the caller throws when a key cannot be used. */
export type FaultClass = new (message: string, options?: ErrorOptions) => Error;

/** Many keys, as after years of rotation, and still nothing that could fill memory. */
const MAX_PEM_BYTES = 64 * 1024;

/** Rejects with a fault when either half cannot be written; neither is left behind then. */
export async function createKeyPairFiles(
  { publicKey, privateKey }: KeyPair,
  { publicKeyFile, privateKeyFile }: KeyPairFiles,
  { Fault, flag }: { readonly Fault: FaultClass; readonly flag: string },
): Promise<void> {
  const pems = {
    public: publicKey.export({ type: 'spki', format: 'pem' }),
    private: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
  try {
    await createDurably(privateKeyFile, Buffer.from(pems.private), 0o600);
    try {
      await createDurably(publicKeyFile, Buffer.from(pems.public), 0o644);
    } catch (error) {
      // Half a pair would stop every later start.
      await rm(privateKeyFile, { force: true });
      throw error;
    }
    await syncFolder(dirname(publicKeyFile));
  } catch (cause) {
    throw new Fault(
      `${publicKeyFile}: cannot be made (${codeOf(cause)}); name a folder this process may write with ${flag}`,
      { cause },
    );
  }
}

/**
 * Text of a file that others may neither read nor write. One that is not ours reaches us through its group,
 * which is how Kubernetes mounts a Secret.
 */
export async function readPrivatePem(file: string, Fault: FaultClass): Promise<string> {
  const { mode, uid } = await statOf(file, Fault);
  const foreign = uid === process.getuid?.() ? 0o077 : 0o037;
  if ((mode & foreign) !== 0) {
    throw new Fault(`${file}: others may read or write it; run: chmod 600 ${file}`);
  }
  return readPem(file, Fault);
}

/** The same of a key that may be mounted for us: of what is not ours, whoever mounted it chose the mode. */
export async function readMountedPem(file: string, Fault: FaultClass): Promise<string> {
  const { uid } = await statOf(file, Fault);
  return uid === process.getuid?.() ? readPrivatePem(file, Fault) : readPem(file, Fault);
}

export async function readPem(file: string, Fault: FaultClass): Promise<string> {
  const { size } = await statOf(file, Fault);
  if (size > MAX_PEM_BYTES) {
    throw new Fault(`${file}: is over ${MAX_PEM_BYTES} bytes, so it is not a key`);
  }
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause, Fault);
  }
}

export async function keyFileExists(file: string, Fault: FaultClass): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') {
      return false;
    }
    throw unreadable(file, cause, Fault);
  }
}

/** Undefined when the text holds no such key: what a parser says may quote the text. */
export function parseKey(parse: () => KeyObject): KeyObject | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

async function statOf(file: string, Fault: FaultClass) {
  try {
    return await stat(file);
  } catch (cause) {
    throw unreadable(file, cause, Fault);
  }
}

function unreadable(file: string, cause: unknown, Fault: FaultClass): Error {
  return new Fault(`${file}: cannot be read (${codeOf(cause)})`, { cause });
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault';
}
