import { expect } from 'chai';
import type { Principal } from '#core/identity/principal.ts';
import { AUDIENCE, MCP, principal, T0 } from './approvals.testkit.ts';
import { type ApproverRefusal, readApprover } from './approver.ts';

const RULES = { audience: AUDIENCE, mcpAudiences: [MCP, 'https://payments.internal/mcp'] };
const NOW = T0 / 1000;
const bob = principal('bob', { groups: ['finance'] });

function withClaims(claims: Principal['claims']): Principal {
  return { ...bob, claims: { ...bob.claims, ...claims } };
}

const { person: _, ...nameless } = bob;

const refused: readonly {
  readonly name: string;
  readonly by: Principal;
  readonly code: ApproverRefusal;
  readonly says: string;
}[] = [
  {
    name: 'a token for an MCP server',
    by: withClaims({ aud: MCP }),
    code: 'audience_wrong',
    says: 'aud',
  },
  {
    name: 'a token for approvals and an MCP server at once',
    by: withClaims({ aud: [AUDIENCE, 'https://payments.internal/mcp'] }),
    code: 'audience_wrong',
    says: 'opens an MCP server too',
  },
  {
    name: 'a token without an audience',
    by: { ...bob, claims: { auth_time: NOW } },
    code: 'audience_wrong',
    says: 'aud',
  },
  {
    name: 'a token that an agent acts with',
    by: { ...bob, actors: [{ subject: 'bot' }] },
    code: 'agent_token',
    says: 'act',
  },
  {
    name: 'a token with an act claim nobody could read',
    by: withClaims({ act: {} }),
    code: 'agent_token',
    says: 'act',
  },
  {
    name: 'a token of a ServiceAccount, whatever it claims',
    by: { ...bob, issuerName: 'kubernetes' },
    code: 'agent_token',
    says: 'ServiceAccount is no person',
  },
  { name: 'a token without a person', by: nameless, code: 'person_missing', says: 'person' },
  { name: 'a blank person', by: { ...bob, person: ' ' }, code: 'person_missing', says: 'person' },
  {
    name: 'a token that does not say when its holder signed in',
    by: { ...bob, claims: { aud: AUDIENCE } },
    code: 'sign_in_unknown',
    says: 'max_age=900',
  },
  {
    name: 'a sign-in time that is no number',
    by: withClaims({ auth_time: String(NOW) }),
    code: 'sign_in_unknown',
    says: 'auth_time',
  },
  {
    name: 'a sign-in that is yet to come',
    by: withClaims({ auth_time: NOW + 31 }),
    code: 'sign_in_unknown',
    says: 'future',
  },
  {
    name: 'a sign-in of more than fifteen minutes ago',
    by: withClaims({ auth_time: NOW - 901 }),
    code: 'sign_in_stale',
    says: 'sign in again',
  },
];

describe('who may decide at all', () => {
  it('is a person with a fresh token for approvals', () => {
    const read = readApprover(bob, RULES, NOW);

    expect(read).to.deep.equal({
      ok: true,
      approver: {
        issuer: bob.issuer,
        subject: 'bob',
        person: 'bob@example.com',
        groups: ['finance'],
      },
    });
  });

  for (const { name, by, code, says } of refused) {
    it(`is not the holder of ${name}`, () => {
      const read = readApprover(by, RULES, NOW);

      expect(read).to.include({ ok: false, code });
      expect(read.ok ? '' : read.reason).to.include(says);
    });
  }

  for (const ageSeconds of [-30, 0, 900]) {
    it(`may have signed in ${ageSeconds} seconds ago`, () => {
      expect(readApprover(withClaims({ auth_time: NOW - ageSeconds }), RULES, NOW).ok).to.equal(
        true,
      );
    });
  }

  it('is nobody whose token is for others too, where not every MCP server can be known', () => {
    const rules = { ...RULES, isAudienceAlone: true };
    const shared = withClaims({ aud: [AUDIENCE, 'https://unheard-of.example/mcp'] });

    expect(readApprover(shared, rules, NOW)).to.include({ ok: false, code: 'audience_wrong' });
    expect(readApprover(bob, rules, NOW).ok).to.equal(true);
    expect(readApprover(shared, RULES, NOW).ok).to.equal(true);
  });

  it('is bound by the time the caller sets', () => {
    const rules = { ...RULES, maxSignInAgeSeconds: 60, clockSkewSeconds: 0 };

    expect(readApprover(withClaims({ auth_time: NOW - 61 }), rules, NOW).ok).to.equal(false);
    expect(readApprover(withClaims({ auth_time: NOW + 1 }), rules, NOW).ok).to.equal(false);
  });

  it('is told nothing of what the token says', () => {
    for (const { by } of refused) {
      const read = readApprover(by, RULES, NOW);
      const reason = read.ok ? '' : read.reason;

      expect(reason).to.not.include('bob');
      expect(reason).to.not.include('payments');
    }
  });
});
