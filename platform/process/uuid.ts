// UUID version 7 (RFC 9562 section 5.7): ids that sort by the time they were made, so that evidence
// files and lists come out in order without an index.

import { randomFillSync } from 'node:crypto';
import type { Clock } from './clock.ts';

/** One call to the system's generator serves this many ids. */
const IDS_PER_FILL = 256;
const RANDOM_BYTES_PER_ID = 8;

/** Returns a maker of ids. The 12 bits after the version carry the fraction of the millisecond. */
export function createUuids(clock: Pick<Clock, 'epochSeconds'>): () => string {
  const pool = Buffer.alloc(IDS_PER_FILL * RANDOM_BYTES_PER_ID);
  const bytes = Buffer.alloc(16);
  let used = pool.length;
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const millis = clock.epochSeconds() * 1000;
    const whole = Math.floor(millis);
    bytes.writeUIntBE(whole, 0, 6);
    bytes.writeUInt16BE(0x7000 | Math.floor((millis - whole) * 4096), 6);
    pool.copy(bytes, 8, used, used + RANDOM_BYTES_PER_ID);
    pool.fill(0, used, used + RANDOM_BYTES_PER_ID);
    used += RANDOM_BYTES_PER_ID;
    bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
    return format(bytes.toString('hex'));
  };
}

function format(hex: string): string {
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...groups, hex.slice(20)].join('-');
}
