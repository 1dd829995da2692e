import { expect } from 'chai';
import type { Decision } from '#core/policy/decision.ts';
import { Permit, settle } from './settle.ts';

const ENFORCE = { observe: false, methodKnown: true } as const;
const ALLOW: Decision = { effect: 'Allow', rule: 'p/read', obligations: {} };
const DENY: Decision = {
  effect: 'Deny',
  rule: 'p/no',
  reason: 'denied by rule p/no',
  visible: true,
};

describe('settle', () => {
  it('mints a permit for an Allow', async () => {
    const settled = await settle(ALLOW, ENFORCE);

    expect(settled.kind).to.equal('permit');
  });

  it('lets a permit be spent once', async () => {
    const settled = await settle(ALLOW, ENFORCE);
    if (settled.kind !== 'permit') throw new Error('no permit');
    settled.permit.spend();

    expect(() => settled.permit.spend()).to.throw('spent once');
  });

  it('is the only way to a permit', () => {
    const forge = Permit as unknown as new (minted: symbol, rule: string, o: object) => Permit;

    expect(() => new forge(Symbol('mint'), 'p/forged', {})).to.throw('only settle mints');
  });

  const refusals: { name: string; decision: Decision; methodKnown?: false; code: string }[] = [
    { name: 'a visible target is denied by name', decision: DENY, code: 'denied' },
    {
      name: 'a hidden target is unknown',
      decision: { effect: 'Deny', reason: 'denied', visible: false },
      code: 'target_unknown',
    },
    {
      name: 'an unknown method is unknown',
      decision: { effect: 'Deny', reason: 'denied', visible: false },
      methodKnown: false,
      code: 'method_unknown',
    },
    {
      name: 'missing scopes are a challenge',
      decision: { ...DENY, missingScopes: ['refund'] },
      code: 'scope_insufficient',
    },
    {
      name: 'an approval that nobody can give is a denial',
      decision: { effect: 'RequireApproval', rule: 'p/ask', approval: 'finance', asks: ['p/ask'] },
      code: 'denied',
    },
  ];
  for (const { name, decision, methodKnown = true, code } of refusals) {
    it(name, async () => {
      const settled = await settle(decision, { observe: false, methodKnown });

      expect(settled).to.have.nested.property('refusal.code', code);
    });

    it(`observe: ${name}, but goes on`, async () => {
      const settled = await settle(decision, { observe: true, methodKnown });

      expect(settled.kind).to.equal('permit');
    });
  }
});
