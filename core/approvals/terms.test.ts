import { expect } from 'chai';
import type { ApprovalConfig, IssuerConfig } from '#crds/policy.ts';
import { CORP, FINANCE, TERMS } from './approvals.testkit.ts';
import { approvalTerms, joinTerms } from './terms.ts';

const CORP_ISSUER: IssuerConfig = { name: 'corp', issuer: CORP, claims: { person: 'email' } };
const PARTNER: IssuerConfig = {
  name: 'partner',
  issuer: 'https://partner.example',
  claims: { person: 'email' },
};
const CONFIG: ApprovalConfig = { name: 'finance', approvers: { groups: ['finance'] } };

const flawed: readonly {
  readonly name: string;
  readonly config: ApprovalConfig;
  readonly issuers: readonly IssuerConfig[];
  readonly field: string;
}[] = [
  { name: 'no issuer', config: CONFIG, issuers: [], field: 'approvers.issuer' },
  {
    name: 'two issuers and no word which',
    config: CONFIG,
    issuers: [CORP_ISSUER, PARTNER],
    field: 'approvers.issuer',
  },
  {
    name: 'an issuer that is not there',
    config: { ...CONFIG, approvers: { issuer: 'other', groups: ['finance'] } },
    issuers: [CORP_ISSUER],
    field: 'approvers.issuer',
  },
  {
    name: 'an issuer without a person claim',
    config: CONFIG,
    issuers: [{ name: 'corp', issuer: CORP }],
    field: 'approvers.issuer',
  },
  {
    name: 'issuers that name people differently',
    config: { ...CONFIG, approvers: { issuer: 'corp', groups: ['finance'] } },
    issuers: [CORP_ISSUER, { ...PARTNER, claims: { person: 'employee_id' } }],
    field: 'approvers.issuer',
  },
  {
    name: 'fewer people than it needs',
    config: { ...CONFIG, approvers: { subjects: ['bob'] }, quorum: 2 },
    issuers: [CORP_ISSUER],
    field: 'quorum',
  },
];

describe('a window that closes at a time of day', () => {
  const issuers = [{ name: 'corp', issuer: 'https://idp.example', claims: { person: 'email' } }];
  const at = (timeZone: string) =>
    approvalTerms(
      {
        name: 'finance',
        approvers: { groups: ['finance'] },
        scope: 'Window',
        window: { ttl: '8h', closesAt: '18:00', timeZone },
      },
      issuers,
    );

  it('is read, and joins with those of other policies', () => {
    const [berlin, tokyo] = [at('Europe/Berlin'), at('Asia/Tokyo')];
    if (!berlin.ok || !tokyo.ok) throw new Error('not read');

    expect(joinTerms(berlin.terms, tokyo.terms).allowance.closings).to.deep.equal([
      { time: '18:00', timeZone: 'Europe/Berlin' },
      { time: '18:00', timeZone: 'Asia/Tokyo' },
    ]);
  });

  it('needs a time zone that there is', () => {
    const read = at('Mars/Base');

    expect(read.ok ? [] : read.problems.map(({ field }) => field)).to.deep.equal([
      'window.timeZone',
    ]);
  });
});

describe('the terms of an approval', () => {
  it('are those of the policy, with its defaults', () => {
    expect(approvalTerms(CONFIG, [CORP_ISSUER])).to.deep.equal({ ok: true, terms: TERMS });
  });

  it('are read field by field', () => {
    const config: ApprovalConfig = {
      name: 'board',
      approvers: { issuer: 'partner', subjects: ['bob', 'carol'] },
      quorum: 2,
      pendingTtl: '2h',
      scope: 'Window',
      window: { ttl: '90s', maxUses: 7 },
    };

    const read = approvalTerms(config, [CORP_ISSUER, PARTNER]);

    expect(read).to.deep.equal({
      ok: true,
      terms: {
        needs: [
          {
            approval: 'board',
            issuer: PARTNER.issuer,
            groups: [],
            subjects: ['bob', 'carol'],
            quorum: 2,
          },
        ],
        pendingTtlSeconds: 7200,
        allowance: { scope: 'Window', maxUses: 7, ttlSeconds: 90 },
      },
    });
  });

  for (const { name, config, issuers, field } of flawed) {
    it(`are refused with ${name}`, () => {
      const read = approvalTerms(config, issuers);

      expect(read.ok ? [] : read.problems.map((problem) => problem.field)).to.deep.equal([field]);
    });
  }

  it('may be asked for by an issuer without people: its calls are denied, not approved', () => {
    const machines = { name: 'machines', issuer: 'https://machines.example' };
    const config = { ...CONFIG, approvers: { issuer: 'corp', groups: ['finance'] } };

    expect(approvalTerms(config, [CORP_ISSUER, machines]).ok).to.equal(true);
  });
});

describe('the terms of several policies', () => {
  const legal = { ...FINANCE, approval: 'legal', groups: ['legal'], quorum: 2 };

  it('need everyone, and take the tightest of each bound', () => {
    const joined = joinTerms(
      { ...TERMS, allowance: { scope: 'Window', maxUses: 5, ttlSeconds: 60 } },
      {
        needs: [legal],
        pendingTtlSeconds: 60,
        allowance: { scope: 'Window', maxUses: 9, ttlSeconds: 30 },
      },
    );

    expect(joined).to.deep.equal({
      needs: [FINANCE, legal],
      pendingTtlSeconds: 60,
      allowance: { scope: 'Window', maxUses: 5, ttlSeconds: 30 },
    });
  });

  it('are for one call as soon as one of them is', () => {
    const window = {
      ...TERMS,
      allowance: { scope: 'Window', maxUses: 5, ttlSeconds: 60 },
    } as const;

    expect(joinTerms(window, TERMS).allowance).to.deep.equal(TERMS.allowance);
    expect(joinTerms(TERMS, window).allowance).to.deep.equal(TERMS.allowance);
  });
});
