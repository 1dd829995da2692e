// Whom a console believes: one way in for all namespaces that trust the same issuer in the same way.

import { expect } from 'chai';
import { compilePolicies } from '#core/policy/compile.ts';
import type { IssuerConfig } from '#crds/policy.ts';
import { type Trusted, trustOf, waysIn } from './trust.ts';

const ISSUER = 'https://idp.example';

function trusted(issuer: Partial<IssuerConfig> = {}, approvalAudience = 'urn:approvals'): Trusted {
  const issuers = [{ name: 'corp', issuer: ISSUER, ...issuer }];
  const compiled = compilePolicies([
    {
      apiVersion: 'gatehouse.dev/v1alpha1',
      kind: 'McpGatewayPolicy',
      metadata: { name: 'tools' },
      spec: { identity: { approvalAudience, issuers } },
    },
  ]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const verify = async () => ({ ok: false, code: 'token_invalid', reason: 'none' }) as const;
  return { policy: compiled.policy, verifier: { verify }, publicUrls: [] };
}

const named = (name: string, now: Trusted) => ({ name, trusted: () => now });

describe('the trust in an issuer', () => {
  const trust = trustOf(trusted({ claims: { subject: 'sub', person: 'email' } }), ISSUER);

  const same: readonly (readonly [string, Partial<IssuerConfig>])[] = [
    ['another order', { claims: { person: 'email', subject: 'sub' } }],
    ['another name', { name: 'other', claims: { subject: 'sub', person: 'email' } }],
    [
      'other audiences for MCP',
      { audiences: ['https://a.example/mcp'], claims: { subject: 'sub', person: 'email' } },
    ],
  ];
  for (const [name, config] of same) {
    it(`is the same in ${name}`, () => {
      expect(trustOf(trusted(config), ISSUER)).to.equal(trust);
    });
  }

  it('is another with other claims, another audience or no such issuer', () => {
    const others = [
      trustOf(trusted({ claims: { subject: 'sub', person: 'upn' } }), ISSUER),
      trustOf(trusted({ claims: { subject: 'sub', person: 'email' } }, 'urn:other'), ISSUER),
      trustOf(trusted(), 'https://elsewhere.example'),
    ];

    expect(new Set([trust, ...others]).size).to.equal(4);
  });
});

describe('the ways in', () => {
  it('are one where namespaces trust alike', () => {
    const ways = waysIn([named('a', trusted()), named('b', trusted({ name: 'other' }))]);

    expect(ways.map(({ name }) => name)).to.deep.equal(['corp']);
  });

  it('are told apart by namespace where they differ under one name', () => {
    const other = trusted({ claims: { person: 'email' } });

    const ways = waysIn([named('a', trusted()), named('b', other)]);

    expect(ways.map(({ name }) => name)).to.deep.equal(['corp (a)', 'corp (b)']);
  });
});
