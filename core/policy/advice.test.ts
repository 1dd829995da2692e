import { expect } from 'chai';
import type { IssuerConfig } from '#crds/policy.ts';
import { advise } from './advice.ts';

function paths(...issuers: IssuerConfig[]): string[] {
  const problems = advise({
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name: 'a' },
    spec: { identity: { issuers } },
  });
  return problems.map(({ path }) => path);
}

describe('advice on a policy', () => {
  it('warns of an issuer and of keys behind plain http', () => {
    const found = paths(
      { name: 'a', issuer: 'https://idp.example.com' },
      { name: 'b', issuer: 'http://idp.example.com', jwksUri: 'http://idp.example.com/keys' },
    );

    expect(found).to.deep.equal([
      'spec.identity.issuers[1].issuer',
      'spec.identity.issuers[1].jwksUri',
    ]);
  });

  it('is silent about plain http on loopback', () => {
    const found = ['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000/a'].flatMap(
      (issuer) => paths({ name: 'a', issuer }),
    );

    expect(found).to.deep.equal([]);
  });
});
