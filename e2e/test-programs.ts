// Programs that some tests need and npm does not bring. Where `make test` cannot install one, it skips the
// files of those tests, counts and names them; `make ci` refuses to.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export interface TestProgram {
  readonly name: string;
  /** As Debian calls it. */
  readonly packageName: string;
  readonly isThere: () => boolean;
  /** Folders, ending in two stars, and files of tests that need it. */
  readonly tests: readonly string[];
}

/** Where Debian, Ubuntu and Alpine put it. */
const CHROMIUM_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser'];

export const TEST_PROGRAMS: readonly TestProgram[] = [
  {
    name: 'redis-server 7.0 or newer',
    packageName: 'redis-server',
    isThere: hasRedis,
    tests: [
      'platform/redis/**',
      'cli/archiving.test.ts',
      'console/alone.test.ts',
      'console/notifications.test.ts',
      'e2e/console/alone.test.ts',
      'e2e/console/shared-redis.test.ts',
      'e2e/journeys/archive.test.ts',
      'e2e/journeys/break-glass.test.ts',
      'e2e/journeys/pod-accounts.test.ts',
      'e2e/journeys/pod-leaving.test.ts',
      'e2e/journeys/pod-policy.test.ts',
      'e2e/journeys/pod-secrets.test.ts',
      'e2e/journeys/redis-faults-waiting.test.ts',
      'e2e/journeys/redis-faults.test.ts',
      'e2e/journeys/redis-tampered.test.ts',
      'e2e/journeys/replicas.test.ts',
      'e2e/journeys/sessions-anywhere.test.ts',
      'e2e/journeys/tasks-anywhere.test.ts',
      'e2e/journeys/waiting-anywhere.test.ts',
      'operator/archive/evidence-keeper.test.ts',
    ],
  },
  {
    name: 'Chromium',
    packageName: 'chromium',
    isThere: () => chromiumPath() !== undefined,
    tests: ['e2e/console/**'],
  },
];

export function chromiumPath(): string | undefined {
  return CHROMIUM_PATHS.find((path) => existsSync(path));
}

/** A version that will do. */
export function hasRedis(): boolean {
  const { stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return Number(/ v=(\d+)\./.exec(stdout ?? '')?.[1] ?? 0) >= 7;
}
