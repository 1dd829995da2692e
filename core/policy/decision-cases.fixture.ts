// One test per row: these rules say this to that message. Used by the tests of evaluate.

import { expect } from 'chai';
import type { Principal } from '#core/identity/principal.ts';
import type { Rule } from '#crds/policy.ts';
import { decide, told } from './policies.fixture.ts';
import type { Direction, JudgedMessage } from './question.ts';

export interface DecisionCase {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly message: JudgedMessage;
  readonly principal?: Principal;
  readonly direction?: Direction;
  /** In the words of `told`. */
  readonly told: string;
}

export function checkDecisions(cases: readonly DecisionCase[]): void {
  for (const { name, rules, message, principal, direction, told: expected } of cases) {
    it(name, () => {
      expect(told(decide(rules, message, principal, direction))).to.equal(expected);
    });
  }
}
