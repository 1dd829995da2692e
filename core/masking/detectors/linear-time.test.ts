// No text makes a detector slow: four times the text may take a few times as long, never sixteen.

import { expect } from 'chai';
import { BUILT_IN } from './built-in.ts';

const SMALL = 1 << 15;
const LARGE = SMALL * 4;
/** Linear is 4, quadratic 16. */
const MAX_RATIO = 10;
/** Below this many milliseconds a ratio says nothing. */
const FLOOR_MS = 5;

const SEEDS: readonly string[] = [
  ...['a', '1', '@', '.', ':', '-', ' ', 'A', '/', 'é', '\u200b', '%', '\\'],
  ...['a@', 'a@b.', 'a.b@c.d-', '@a', '1.', '1 ', '1-', '11-', '1111 ', '123-45-', '12345678 '],
  ...['1:', '::', 'a:', 'a::', '1.1.1.1.', ':1.1', 'GB82', 'GB82 ', 'GB82WEST', 'DE89 3704 '],
  ...['ey', 'eyJ', 'eyJ.', 'eyJhbGci', 'eyJhbGciOiJIUzI1NiJ9.', 'ew.', '.ey'],
  ...['-----BEGIN', '-----BEGIN PRIVATE KEY-----', '-----BEGIN A-----END ', '-----BEGIN X '],
  ...[
    'AKIA',
    'AKIA1',
    'AKIAIOSFODNN7EXAMPLE',
    'secret ',
    'aws/',
    'aA1+'.repeat(10),
    'ssn 123456789 ',
  ],
  ...['ghp_', 'github_pat_', `ghp_${'a'.repeat(35)} `, 'a@1.2.3.example', 'x@y.z@'],
];

describe('detectors in linear time', () => {
  for (const detector of BUILT_IN) {
    it(`holds for ${detector.name}`, function () {
      this.timeout(120_000);

      for (const seed of SEEDS) {
        const small = millisecondsOf(() => detector.find(fill(seed, SMALL), ''));
        const large = millisecondsOf(() => detector.find(fill(seed, LARGE), ''));

        expect(large, `128 KiB of ${seed}`).to.be.below(Math.max(FLOOR_MS, small) * MAX_RATIO);
      }
    });
  }
});

function fill(seed: string, length: number): string {
  return seed.repeat(Math.ceil(length / seed.length)).slice(0, length);
}

/** Of this thread alone, and the least of three: what else runs on the machine does not count. */
function millisecondsOf(run: () => void): number {
  const times = [0, 1, 2].map(() => {
    const from = process.threadCpuUsage();
    run();
    return process.threadCpuUsage(from).user / 1000;
  });
  return Math.min(...times);
}
