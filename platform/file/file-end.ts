// Reads a file of lines from its end, in bounded memory: what a start needs to know of evidence
// stands in the last lines, however long the file has grown.

import { open } from 'node:fs/promises';

export interface FileEnd {
  /** The last whole lines, the very last one first. */
  readonly lines: readonly EndLine[];
  /** Bytes after the last whole line, or after the window's start when it holds none. */
  readonly restBytes: number;
  readonly sizeBytes: number;
}

export interface EndLine {
  /** Without the newline. */
  readonly bytes: Uint8Array;
  /** Where the line ends in the file, newline included. */
  readonly endBytes: number;
}

const NEWLINE = 10;

/** The whole lines in the last `windowBytes` of the file; a file that does not exist has none. */
export async function readFileEnd(path: string, windowBytes: number): Promise<FileEnd> {
  const { bytes, start } = await readWindow(path, windowBytes);
  const lines: EndLine[] = [];
  let end = bytes.lastIndexOf(NEWLINE);
  while (end >= 0) {
    // lastIndexOf takes a negative place as counted from the end, so the first byte is its own case.
    const before = end === 0 ? -1 : bytes.lastIndexOf(NEWLINE, end - 1);
    const isWhole = before !== -1 || start === 0;
    if (isWhole) {
      lines.push({ bytes: bytes.subarray(before + 1, end), endBytes: start + end + 1 });
    }
    end = before;
  }
  const sizeBytes = start + bytes.length;
  return { lines, restBytes: sizeBytes - (lines[0]?.endBytes ?? start), sizeBytes };
}

async function readWindow(
  path: string,
  windowBytes: number,
): Promise<{ readonly bytes: Buffer; readonly start: number }> {
  const handle = await openOrNone(path);
  if (handle === undefined) {
    return { bytes: Buffer.alloc(0), start: 0 };
  }
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - windowBytes);
    const bytes = Buffer.alloc(size - start);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
      if (bytesRead === 0) {
        break;
      }
      done += bytesRead;
    }
    return { bytes: bytes.subarray(0, done), start };
  } finally {
    await handle.close();
  }
}

async function openOrNone(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
