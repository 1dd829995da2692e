import { expect } from 'chai';
import { holdLimits, holdSeconds } from './hold.ts';

const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';
const TOLD = { _meta: { progressToken: 'p-1' } };

function request(params: object) {
  return { kind: 'request', id: 1, method: 'tools/call', params: { ...params } } as const;
}

describe('how long a call may wait', () => {
  const cases = [
    {
      name: 'a round of a modern client',
      revision: MODERN,
      params: TOLD,
      seconds: 45,
      longest: 45,
    },
    {
      name: 'a legacy client that hears nothing',
      revision: LEGACY,
      params: {},
      seconds: 50,
      longest: 50,
    },
    {
      name: 'a legacy client that hears progress',
      revision: LEGACY,
      params: TOLD,
      seconds: 50,
      longest: 210,
    },
  ] as const;
  for (const { name, revision, params, seconds, longest } of cases) {
    it(`is ${seconds} s for ${name}, less where less was set, and ${longest} s at most`, () => {
      const facts = { revision, request: request(params) };

      expect(holdSeconds(facts, holdLimits())).to.equal(seconds);
      expect(holdSeconds(facts, holdLimits(3))).to.equal(3);
      expect(holdSeconds(facts, holdLimits(210))).to.equal(longest);
    });
  }
});
