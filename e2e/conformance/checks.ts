// The suite's results as a flat list, and the differences between two such lists.
// Totals are not compared: two runs can fail different checks and still count the same.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

export interface Check {
  readonly scenario: string;
  /** The check's id and, where a scenario repeats it, which of them it is. */
  readonly id: string;
  readonly status: string;
}

export interface Difference {
  readonly scenario: string;
  readonly id: string;
  /** Undefined when the check is missing on that side. */
  readonly direct: string | undefined;
  readonly through: string | undefined;
}

const Results = z.array(z.object({ id: z.string(), status: z.string() }));

/** Reads `<scenario>-<time>/checks.json` of each scenario below the output directory. */
export async function readChecks(directory: string): Promise<Check[]> {
  const checks: Check[] = [];
  for (const folder of (await readdir(directory)).sort()) {
    const file = await readFile(join(directory, folder, 'checks.json'), 'utf8');
    const scenario = folder.replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, '');
    checks.push(...numbered(scenario, Results.parse(JSON.parse(file))));
  }
  return checks;
}

export function differences(direct: readonly Check[], through: readonly Check[]): Difference[] {
  const [before, after] = [byKey(direct), byKey(through)];
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    const { scenario, id } = (was ?? is)!;
    return was?.status === is?.status
      ? []
      : [{ scenario, id, direct: was?.status, through: is?.status }];
  });
}

export function countStatus(checks: readonly Check[], status: string): number {
  return checks.filter((check) => check.status === status).length;
}

function numbered(scenario: string, results: z.infer<typeof Results>): Check[] {
  const seen = new Map<string, number>();
  return results.map(({ id, status }) => {
    const occurrence = (seen.get(id) ?? 0) + 1;
    seen.set(id, occurrence);
    return { scenario, id: occurrence === 1 ? id : `${id} #${occurrence}`, status };
  });
}

function byKey(checks: readonly Check[]): Map<string, Check> {
  return new Map(checks.map((check) => [`${check.scenario} ${check.id}`, check]));
}
