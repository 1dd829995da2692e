// Certificate and key of the MCP port, from files that are replaced while the gateway runs: read at start, looked
// at again and again, and taken only where the two belong together.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import type { Logger } from '#platform/process/log.ts';
import { SettingsFault } from './settings.ts';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** Soon after a certificate was renewed, and long before the old one ends. */
const LOOK_MS = 2_000;

/** Rejects with SettingsFault, which names the file and what to do. */
export async function readTlsFiles({ certFile, keyFile }: TlsFiles): Promise<TlsPair> {
  const cert = await readPem(certFile);
  const key = await readPem(keyFile);
  const leaf = parsed(certFile, 'a certificate', () => new X509Certificate(cert));
  const own = parsed(keyFile, 'a private key', () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(own)) {
    throw new SettingsFault(`${keyFile}: is not the key of ${certFile}; give both of one pair`);
  }
  return { cert, key };
}

/** New connections get the new certificate; those that stand keep theirs. */
export function followTlsFiles(
  server: Server,
  files: TlsFiles,
  from: TlsPair,
  log: Logger,
): () => void {
  let current = from;
  let told = '';
  const look = async (): Promise<void> => {
    try {
      const next = await readTlsFiles(files);
      told = '';
      if (next.cert === current.cert && next.key === current.key) return;
      server.setSecureContext({ ...next, minVersion: MIN_VERSION });
      current = next;
      log.info('the certificate of the MCP port was renewed', { file: files.certFile });
    } catch (error) {
      const problem = error instanceof Error ? error.message : 'cannot be used';
      // While the two are being replaced they do not belong together: what lasts is said, and once.
      if (problem !== told)
        log.error('the certificate of the MCP port stays as it was', { problem });
      told = problem;
    }
  };
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  return () => clearInterval(timer);
}

export const MIN_VERSION = 'TLSv1.2';

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new SettingsFault(`${file}: cannot be read (${code}); name a PEM file that can`, {
      cause,
    });
  }
}

function parsed<Part>(file: string, what: string, parse: () => Part): Part {
  try {
    return parse();
  } catch (cause) {
    throw new SettingsFault(`${file}: does not begin with ${what} as PEM`, { cause });
  }
}
