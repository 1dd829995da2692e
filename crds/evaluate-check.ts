// Evaluates the CEL checks of the schema where no API server does it: on a laptop and in the operator.

import { Environment } from '@marcbachmann/cel-js';
import type { Path } from './path.ts';
import type { Check } from './schema.ts';

const environment = new Environment({ unlistedVariablesAreDyn: true });

/** Where `check` fails on `value`, as paths below it; none when it holds. */
export function failures(check: Check, value: unknown): readonly Path[] {
  const holds = environment.parse(check.holds);
  const self = toCel(value);
  const blamed: Path = check.field?.split('.') ?? [];
  if (check.each === undefined) {
    return isTrue(() => holds({ self })) ? [] : [blamed];
  }
  const { list, as } = check.each;
  const items = Object(self)[list];
  return (Array.isArray(items) ? items : []).flatMap((item: unknown, index) =>
    isTrue(() => holds({ self, [as]: item })) ? [] : [[list, index, ...blamed]],
  );
}

/** An expression that errors has not held: unknown means no. */
function isTrue(evaluate: () => unknown): boolean {
  try {
    return evaluate() === true;
  } catch {
    return false;
  }
}

/** CEL's int is a bigint in cel-js, where a number is a double; every number of a policy is an int. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value);
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, toCel(child)]));
}
