// What `evidence verify` prints: no row says PASS of what was found wanting.

import { expect } from 'chai';
import { GRAVE_CODES } from '#core/evidence/problem.ts';
import { unreadable } from '#core/evidence/verify.ts';
import { reportText } from './evidence-report.ts';

describe('the report of evidence verify', () => {
  for (const code of GRAVE_CODES) {
    it(`has a check that does not pass where ${code} was found`, () => {
      const problems = [{ code, message: 'found' }];

      const text = reportText('data', { ...unreadable(''), records: 1, problems });

      expect(text).to.match(/^(?:FAIL|OPEN) .*: 1 found, see below$/m);
    });
  }
});
