// What one durable write costs on the disk that holds the evidence: the unit in which the price of the
// durable ledger is stated.

import { fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const RECORD = Buffer.alloc(1024, 0x61);

/** Microseconds of one append of 1 KB followed by fdatasync, one figure per write. */
export function measureDurableWrites(directory: string, count: number): number[] {
  const file = join(directory, 'durable-write.probe');
  const descriptor = openSync(file, 'a');
  const micros: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const before = performance.now();
    writeSync(descriptor, RECORD);
    fdatasyncSync(descriptor);
    micros.push((performance.now() - before) * 1000);
  }
  rmSync(file);
  return micros;
}
