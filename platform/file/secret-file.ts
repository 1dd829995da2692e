// Reads one secret value from a file of its own. Faults name the file, never what is in it.

import { open } from 'node:fs/promises';

/** A credential longer than this is no credential; HTTP servers stop at 16 KiB of headers. */
const MAX_SECRET_BYTES = 8 * 1024;

export class SecretFileFault extends Error {
  override readonly name = 'SecretFileFault';
  readonly code = 'secret_file';
  /** Without the name of the file. */
  readonly why: string;

  constructor(file: string, why: string, options?: ErrorOptions) {
    super(`${file}: ${why}`, options);
    this.why = why;
  }
}

/** The content without one trailing newline. Rejects with SecretFileFault. */
export async function readSecretFile(file: string, maxBytes = MAX_SECRET_BYTES): Promise<string> {
  const bytes = await readBounded(file, maxBytes);
  if (bytes.byteLength > maxBytes) {
    throw new SecretFileFault(file, `is over ${maxBytes} bytes`);
  }
  return bytes.toString('utf8').replace(/\r?\n$/, '');
}

async function readBounded(file: string, maxBytes: number): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const buffer = Buffer.alloc(maxBytes + 1);
      let length = 0;
      while (length < buffer.byteLength) {
        const { bytesRead } = await handle.read(buffer, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return buffer.subarray(0, length);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown fault';
    throw new SecretFileFault(file, `cannot be read (${code})`, { cause });
  }
}
