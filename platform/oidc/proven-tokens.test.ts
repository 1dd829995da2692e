import { expect } from 'chai';
import { type ProvenToken, ProvenTokens } from './proven-tokens.ts';
import { trustIssuers } from './trusted-issuer.ts';

describe('proven tokens', () => {
  const issuers = trustIssuers([{ name: 'corp', issuer: 'https://idp.example' }], {
    documents: { read: () => Promise.resolve({}) },
    allowPlainHttp: false,
    now: () => 0,
  });
  const [issuer] = issuers.values();
  const token = (sizeChars: number): ProvenToken => ({
    principal: {
      issuer: 'https://idp.example',
      issuerName: 'corp',
      subject: 'u',
      actors: [],
      groups: [],
      scopes: [],
      claims: {},
      expiresAtSeconds: 1,
    },
    window: { expiresAtSeconds: 1 },
    audiences: [],
    issuer: issuer!,
    keySet: { fingerprint: '', choose: () => Promise.resolve({ kind: 'none' }) },
    sizeChars,
  });

  it('forget the one used longest ago when there are too many', () => {
    const tokens = new ProvenTokens();
    for (let n = 0; n < 10_000; n += 1) tokens.set(`t${n}`, token(1));
    tokens.get('t0');

    tokens.set('one more', token(1));

    expect(tokens.get('t0')).to.not.equal(undefined);
    expect(tokens.get('t1')).to.equal(undefined);
    expect(tokens.get('one more')).to.not.equal(undefined);
  });

  it('forget until their size is within bounds', () => {
    const tokens = new ProvenTokens();
    const largest = 16 * 1024;
    const fit = (8 * 1024 * 1024) / largest;
    for (let n = 0; n < fit; n += 1) tokens.set(`t${n}`, token(largest));

    tokens.set('one more', token(largest));
    tokens.set('one more', token(largest));

    expect(tokens.get('t0')).to.equal(undefined);
    expect(tokens.get('t1')).to.not.equal(undefined);
  });
});
