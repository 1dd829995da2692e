import { expect } from 'chai';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '#core/mcp/messages.ts';
import { readServiceAccount } from './service-account.ts';

const ISSUER = 'https://kubernetes.default.svc';
const RUNNER = 'system:serviceaccount:ci:runner';
const BOUND = {
  namespace: 'ci',
  pod: { name: 'job-1', uid: 'p-1' },
  serviceaccount: { name: 'runner', uid: 'sa-1' },
};
const CLAIMS: JsonObject = {
  iss: ISSUER,
  sub: RUNNER,
  aud: ['https://mcp.example/mcp'],
  exp: 2_000_000_000,
  'kubernetes.io': BOUND,
};

function read(changes: Record<string, JsonValue | undefined> = {}, accounts = [RUNNER]) {
  const entries = Object.entries({ ...CLAIMS, ...changes }).filter(
    (entry): entry is [string, JsonValue] => entry[1] !== undefined,
  );
  const found = readServiceAccount(Object.fromEntries(entries), { issuer: ISSUER, accounts });
  return found.ok ? found.value : found.reason;
}

describe('the token of a ServiceAccount', () => {
  it('proves the account and nothing more', () => {
    const claims = { ...CLAIMS, groups: ['admins'], scope: 'all', act: { sub: 'x' }, email: 'a@b' };

    expect(
      read({ groups: ['admins'], scope: 'all', act: { sub: 'x' }, email: 'a@b' }),
    ).to.deep.equal({
      issuer: ISSUER,
      issuerName: 'kubernetes',
      subject: RUNNER,
      actors: [],
      groups: [],
      scopes: [],
      claims,
      expiresAtSeconds: 2_000_000_000,
    });
  });

  const refused: [what: string, changes: Record<string, JsonValue | undefined>, says: string][] = [
    ['no subject', { sub: undefined }, 'sub: is missing'],
    ['a subject that is no text', { sub: 7 }, 'sub: is missing'],
    ['no claims of Kubernetes', { 'kubernetes.io': undefined }, 'kubernetes.io: is missing'],
    ['text for them', { 'kubernetes.io': 'ci' }, 'kubernetes.io: is missing'],
    [
      'an account without a uid',
      { 'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'runner' } } },
      'kubernetes.io: is missing or incomplete',
    ],
    [
      'another account in them',
      { 'kubernetes.io': { ...BOUND, serviceaccount: { name: 'other', uid: 'u' } } },
      'sub: differs',
    ],
    [
      'another namespace in them',
      { 'kubernetes.io': { ...BOUND, namespace: 'x' } },
      'sub: differs',
    ],
    ['no audience', { aud: undefined }, 'aud: is missing'],
    [
      'the audience of sidecars beside ours',
      { aud: ['https://mcp.example/mcp', 'gatehouse.dev/operator'] },
      'aud: is for the operator',
    ],
    ['no end', { exp: undefined }, 'exp: is missing'],
  ];
  for (const [what, changes, says] of refused) {
    it(`with ${what} proves nobody`, () => {
      expect(read(changes)).to.be.a('string').that.includes(says);
    });
  }

  it('of an account that no policy lists proves nobody', () => {
    expect(read({}, ['system:serviceaccount:ci:other'])).to.equal(
      'sub: is a ServiceAccount that no policy lists',
    );
  });

  it('never proves another than the one listed, whatever it claims', () => {
    const text = fc.oneof(fc.constantFrom('ci', 'runner', RUNNER, 'ci:runner', ''), fc.string());
    const value = fc.oneof(text, fc.jsonValue());
    const claims = fc.record(
      {
        sub: value,
        aud: value,
        exp: value,
        'kubernetes.io': fc.oneof(
          value,
          fc.record(
            {
              namespace: value,
              serviceaccount: fc.oneof(value, fc.record({ name: value, uid: value })),
            },
            { requiredKeys: [] },
          ),
        ),
      },
      { requiredKeys: [] },
    );

    fc.assert(
      fc.property(claims, (given) => {
        const found = readServiceAccount(given as JsonObject, {
          issuer: ISSUER,
          accounts: [RUNNER],
        });
        if (!found.ok) return;
        expect(found.value.subject).to.equal(RUNNER);
        expect(Object(given)['kubernetes.io']).to.deep.include({ namespace: 'ci' });
        expect(Object(given)['kubernetes.io'].serviceaccount).to.include({ name: 'runner' });
      }),
      { numRuns: 2000 },
    );
  });
});
