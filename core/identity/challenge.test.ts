import { expect } from 'chai';
import { type Challenge, challengeHeader } from './challenge.ts';

const resourceMetadata = 'https://mcp.example/.well-known/oauth-protected-resource/mcp';

describe('a challenge', () => {
  const cases: { name: string; challenge: Challenge; header: string }[] = [
    {
      name: 'without a token has no error code',
      challenge: {
        cause: 'token_missing',
        resourceMetadata,
        scopes: ['mcp:read'],
        description: 'x',
      },
      header: `Bearer scope="mcp:read", resource_metadata="${resourceMetadata}"`,
    },
    {
      name: 'without scopes leaves the parameter out',
      challenge: { cause: 'token_missing', resourceMetadata, scopes: [] },
      header: `Bearer resource_metadata="${resourceMetadata}"`,
    },
    {
      name: 'for a bad token says invalid_token and why',
      challenge: {
        cause: 'token_invalid',
        resourceMetadata,
        description: 'exp: the token has expired',
      },
      header: `Bearer error="invalid_token", error_description="exp: the token has expired", resource_metadata="${resourceMetadata}"`,
    },
    {
      name: 'for missing scopes names all of them in one parameter',
      challenge: { cause: 'scope_insufficient', resourceMetadata, scopes: ['a', 'b', 'a'] },
      header: `Bearer error="insufficient_scope", scope="a b", resource_metadata="${resourceMetadata}"`,
    },
    {
      name: 'never asks for offline_access or for what is no scope',
      challenge: {
        cause: 'scope_insufficient',
        resourceMetadata,
        scopes: ['offline_access', 'a"b', 'c d', '', 'é', 'ok'],
      },
      header: `Bearer error="insufficient_scope", scope="ok", resource_metadata="${resourceMetadata}"`,
    },
    {
      name: 'cannot be ended early by its own text',
      challenge: {
        cause: 'token_invalid',
        resourceMetadata: 'https://h/"x',
        description: 'a"b\\c\r\nSet-Cookie: d=é',
      },
      header: `Bearer error="invalid_token", error_description="a'b'c''Set-Cookie: d='", resource_metadata="https://h/'x"`,
    },
  ];
  for (const { name, challenge, header } of cases) {
    it(name, () => {
      expect(challengeHeader(challenge)).to.equal(header);
    });
  }

  it('bounds its text', () => {
    const header = challengeHeader({
      cause: 'token_invalid',
      resourceMetadata,
      description: 'x'.repeat(10_000),
    });

    expect(header.length).to.be.lessThan(700);
  });
});
