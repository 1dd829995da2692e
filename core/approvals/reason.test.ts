import { expect } from 'chai';
import { reasonProblem } from './reason.ts';

describe('a reason', () => {
  for (const reason of ['ok', 'INC-4711: duplicate charge', 'geprüft 👍', 'ж'.repeat(500)]) {
    it(`may be ${JSON.stringify(reason.slice(0, 30))}`, () => {
      expect(reasonProblem(reason)).to.equal(undefined);
    });
  }

  for (const reason of [
    '',
    '   ',
    '\u200b\u00a0',
    'a\u0000b',
    'one\ntwo',
    'a\u001b[2Jb',
    'a\u2028b',
    'a\u202eb',
    '\ud800x',
  ]) {
    it(`must not be ${JSON.stringify(reason)}`, () => {
      expect(reasonProblem(reason)).to.be.a('string');
    });
  }

  it('has an end', () => {
    expect(reasonProblem('a'.repeat(501))).to.include('500');
  });
});
