import { expect } from 'chai';
import type { JsonObject } from '#core/mcp/messages.ts';
import { audienceProblem, readAudiences, readWindow, windowProblem } from './token-claims.ts';

describe('the window of a token', () => {
  const now = 1_000_000;
  const cases: { name: string; claims: JsonObject; skew?: number; problem: string | undefined }[] =
    [
      { name: 'holds before exp', claims: { exp: now + 1 }, problem: undefined },
      { name: 'ends at exp', claims: { exp: now }, problem: 'exp: the token has expired' },
      { name: 'forgives a late clock', claims: { exp: now - 59 }, skew: 60, problem: undefined },
      {
        name: 'forgives no more than the skew',
        claims: { exp: now - 60 },
        skew: 60,
        problem: 'exp: the token has expired',
      },
      {
        name: 'starts at nbf',
        claims: { exp: now + 100, nbf: now + 1 },
        problem: 'nbf: the token is not valid yet',
      },
      {
        name: 'forgives an early nbf',
        claims: { exp: now + 100, nbf: now + 60 },
        skew: 60,
        problem: undefined,
      },
      {
        name: 'refuses a token from the future',
        claims: { exp: now + 100, iat: now + 61 },
        skew: 60,
        problem: 'iat: the token was issued in the future',
      },
      { name: 'takes fractions of a second', claims: { exp: now + 0.5 }, problem: undefined },
    ];
  for (const { name, claims, skew = 0, problem } of cases) {
    it(name, () => {
      const window = readWindow(claims);

      expect(window.ok && windowProblem(window.value, now, skew)).to.equal(problem);
    });
  }

  const unreadable: { name: string; claims: JsonObject; reason: RegExp }[] = [
    { name: 'without exp', claims: {}, reason: /^exp: is missing/ },
    { name: 'with exp as text', claims: { exp: '9999999999' }, reason: /^exp: is missing or not/ },
    { name: 'with nbf as text', claims: { exp: 1, nbf: 'x' }, reason: /^nbf: must be a number/ },
    { name: 'with iat as null', claims: { exp: 1, iat: null }, reason: /^iat: must be a number/ },
  ];
  for (const { name, claims, reason } of unreadable) {
    it(`cannot be read ${name}`, () => {
      const window = readWindow(claims);

      expect(window).to.have.property('ok', false);
      expect(window).to.have.property('reason').that.matches(reason);
    });
  }
});

describe('the audience of a token', () => {
  const resource = 'https://mcp.example/mcp';
  const cases: { name: string; aud: JsonObject['aud']; accepted?: string[]; ok: boolean }[] = [
    { name: 'is the resource', aud: resource, ok: true },
    { name: 'has the resource among others', aud: ['https://other.example', resource], ok: true },
    { name: 'is one of several accepted', aud: 'b', accepted: ['a', 'b'], ok: true },
    { name: 'is another resource', aud: 'https://other.example/mcp', ok: false },
    { name: 'is a longer path', aud: `${resource}/x`, ok: false },
    { name: 'has a slash more', aud: `${resource}/`, ok: false },
    { name: 'is in capitals', aud: resource.toUpperCase(), ok: false },
    { name: 'meets nothing when nothing is accepted', aud: resource, accepted: [], ok: false },
  ];
  for (const { name, aud, accepted = [resource], ok } of cases) {
    it(name, () => {
      const read = readAudiences({ aud: aud ?? null });

      const problem = read.ok ? audienceProblem(read.value, accepted) : read.reason;

      expect(problem).to.equal(ok ? undefined : 'aud: the token is not for this resource');
    });
  }

  const unreadable: { name: string; claims: JsonObject; reason: RegExp }[] = [
    { name: 'when missing', claims: {}, reason: /^aud: is missing/ },
    { name: 'when empty', claims: { aud: [] }, reason: /^aud: is missing/ },
    { name: 'when null', claims: { aud: null }, reason: /^aud: must be text/ },
    { name: 'when it holds a number', claims: { aud: ['a', 1] }, reason: /^aud: must be text/ },
    { name: 'when endless', claims: { aud: Array(101).fill('a') }, reason: /^aud: has more than/ },
  ];
  for (const { name, claims, reason } of unreadable) {
    it(`cannot be read ${name}`, () => {
      const read = readAudiences(claims);

      expect(read).to.have.property('reason').that.matches(reason);
    });
  }
});
