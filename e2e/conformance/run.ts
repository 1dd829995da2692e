// `make conformance`: the official suite against our fixture servers, direct and through Gatehouse. Each
// check must end the same way on both paths. `--direct` leaves Gatehouse out.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { type Check, countStatus, differences } from './checks.ts';
import { assertLive } from './liveness.ts';
import { REQUIREMENT_SETS, type RequirementSet, runSuite } from './suite.ts';
import { openPath } from './through-gatehouse.ts';

/** In policy.yaml; present direct and absent through Gatehouse, or the policy does not filter. */
const HIDDEN_TOOL = 'delete_everything';
const OUTPUT = fileURLToPath(new URL('../../out/conformance', import.meta.url));

const { values } = parseArgs({
  options: {
    direct: { type: 'boolean', default: false },
    requirements: { type: 'string', multiple: true, default: [...REQUIREMENT_SETS] },
  },
});

let failures = 0;
for (const requirements of REQUIREMENT_SETS) {
  if (values.requirements.includes(requirements)) failures += await judge(requirements);
}
process.exit(failures === 0 ? 0 : 1);

/** How many things are wrong with one requirement set. */
async function judge(requirements: RequirementSet): Promise<number> {
  const fixture = await (requirements === '2026-07-28' ? startModern() : startLegacy());
  try {
    const direct = await runOn(fixture.url, requirements, 'direct');
    if (!direct.tools.includes(HIDDEN_TOOL)) return problem(`no ${HIDDEN_TOOL} to hide`);
    if (values.direct) return direct.failed;
    const path = await openPath(fixture.url);
    try {
      const through = await runOn(path.url, requirements, 'through gatehouse');
      const leaked = through.tools.includes(HIDDEN_TOOL)
        ? problem(`${HIDDEN_TOOL} is visible through Gatehouse`)
        : 0;
      return direct.failed + leaked + compare(direct.checks, through.checks);
    } finally {
      await path.close();
    }
  } finally {
    await fixture.close();
  }
}

interface Judged {
  readonly checks: readonly Check[];
  readonly tools: readonly string[];
  readonly failed: number;
}

async function runOn(url: string, requirements: RequirementSet, path: string): Promise<Judged> {
  const { tools } = await assertLive(url, requirements);
  const output = join(OUTPUT, requirements, path.replace(' ', '-'));
  const { checks, exitCode, log } = await runSuite({ url, requirements, output });
  const [passed, failed] = [countStatus(checks, 'SUCCESS'), countStatus(checks, 'FAILURE')];
  say(`${requirements} ${path}: ${passed} passed, ${failed} failed, exit ${exitCode}`);
  if (checks.length === 0) return { checks, tools, failed: problem(`no checks ran:\n${log}`) };
  // What the suite does not score may fail, as long as it fails the same way on both paths.
  const unscored = exitCode === 0;
  return { checks, tools, failed: unscored ? 0 : problem(`scored scenarios fail ${path}`) };
}

function compare(direct: readonly Check[], through: readonly Check[]): number {
  const found = differences(direct, through);
  for (const { scenario, id, direct: was, through: is } of found) {
    problem(`${scenario} ${id}: ${was ?? 'absent'} direct, ${is ?? 'absent'} through Gatehouse`);
  }
  if (found.length === 0) say(`  ${direct.length} checks, each with the same result on both paths`);
  return found.length;
}

function problem(text: string): 1 {
  say(`  ✗ ${text}`);
  return 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
