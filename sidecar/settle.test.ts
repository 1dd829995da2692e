import { expect } from 'chai';
import type { Decision } from '#core/policy/decision.ts';
import { Permit, type SettleContext, settle } from './settle.ts';

const NOBODY = { code: 'approval_refused', reason: 'nobody is there' } as const;
const ENFORCE: SettleContext = {
  observe: false,
  methodKnown: true,
  obtain: () => Promise.resolve({ kind: 'refused', refusal: NOBODY }),
};
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
    const forge = Permit as unknown as new (minted: symbol, leave: object) => Permit;

    expect(() => new forge(Symbol('mint'), { rule: 'p/forged', obligations: {} })).to.throw(
      'only settle mints',
    );
  });

  it('mints a permit for an approval that was given, and remembers which', async () => {
    const decision = {
      effect: 'RequireApproval',
      rule: 'p/ask',
      approval: 'f',
      asks: ['p/ask'],
    } as const;
    const obtain = () => Promise.resolve({ kind: 'granted', approvalId: 'ap-1' } as const);

    const settled = await settle(decision, { ...ENFORCE, obtain });

    expect(settled).to.have.nested.property('permit.approvalId', 'ap-1');
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
      name: 'an approval that is not given is a refusal',
      decision: { effect: 'RequireApproval', rule: 'p/ask', approval: 'finance', asks: ['p/ask'] },
      code: 'approval_refused',
    },
  ];
  for (const { name, decision, methodKnown = true, code } of refusals) {
    it(name, async () => {
      const settled = await settle(decision, { ...ENFORCE, methodKnown });

      expect(settled).to.have.nested.property('refusal.code', code);
    });

    it(`observe: ${name}, but goes on`, async () => {
      const settled = await settle(decision, { ...ENFORCE, observe: true, methodKnown });

      expect(settled.kind).to.equal('permit');
    });
  }
});
