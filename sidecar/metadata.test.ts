import { expect } from 'chai';
import type { Head } from './admit-head.ts';
import {
  answerWellKnown,
  createWellKnown,
  JWKS_PATH,
  type Published,
  scopesToAskFor,
} from './metadata.ts';

const PRM = '/.well-known/oauth-protected-resource';
const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'x',
  y: 'y',
  kid: 'k',
  alg: 'ES256',
  use: 'sig',
} as const;
const PUBLISHED: Published = {
  publicUrls: ['https://mcp.example/mcp', 'http://localhost:8080/mcp'],
  issuers: ['https://idp.example'],
  scopes: ['mcp:read'],
  jwks: { keys: [KEY] },
};

function head(target: string, host = 'mcp.example', method = 'GET'): Head {
  return { method, target, headers: { host: [host] }, address: '127.0.0.1' };
}

function bodyOf(target: string, host?: string): unknown {
  const answer = answerWellKnown(head(target, host), PUBLISHED);
  return answer?.body === undefined ? undefined : JSON.parse(Buffer.from(answer.body).toString());
}

describe('well-known documents', () => {
  for (const path of [PRM, `${PRM}/mcp`, `${PRM}/mcp?x=1`]) {
    it(`describe the resource at ${path}`, () => {
      expect(bodyOf(path)).to.deep.equal({
        resource: 'https://mcp.example/mcp',
        authorization_servers: ['https://idp.example'],
        scopes_supported: ['mcp:read'],
        bearer_methods_supported: ['header'],
      });
    });
  }

  it('name the resource as it was dialled', () => {
    expect(bodyOf(PRM, 'localhost:8080')).to.have.property('resource', 'http://localhost:8080/mcp');
  });

  it('hold the keys for the server', () => {
    expect(bodyOf(JWKS_PATH)).to.deep.equal({ keys: [KEY] });
  });

  const absent = [
    '/',
    '/mcp',
    `${PRM}/`,
    `${PRM}/other`,
    `${PRM}/mcp/`,
    '/.well-known/oauth-authorization-server',
    '/.well-known/gatehouse',
  ];
  for (const path of absent) {
    it(`are not at ${path}`, () => {
      expect(answerWellKnown(head(path), PUBLISHED)).to.equal(undefined);
    });
  }

  const methods: { method: string; status: number }[] = [
    { method: 'GET', status: 200 },
    { method: 'HEAD', status: 200 },
    { method: 'OPTIONS', status: 204 },
    { method: 'POST', status: 405 },
    { method: 'DELETE', status: 405 },
  ];
  for (const { method, status } of methods) {
    it(`answer ${method} with ${status}, open to any page`, () => {
      const answer = answerWellKnown(head(PRM, 'mcp.example', method), PUBLISHED);

      expect(answer).to.have.property('status', status);
      expect(answer?.headers).to.have.property('access-control-allow-origin', '*');
    });
  }

  it('allow a page the headers that clients send', () => {
    const answer = answerWellKnown(head(PRM, 'mcp.example', 'OPTIONS'), PUBLISHED);

    expect(answer?.headers['access-control-allow-headers']).to.include('mcp-protocol-version');
    expect(answer?.headers['access-control-allow-headers']).to.not.include('authorization');
  });

  it('are those of the moment', () => {
    let issuers = ['https://old.example'];
    const wellKnown = createWellKnown(() => ({ ...PUBLISHED, issuers }));
    issuers = ['https://new.example'];

    const answer = wellKnown(head(PRM));

    expect(Buffer.from(answer?.body ?? '').toString()).to.include('https://new.example');
  });

  it('ask for the scopes that let somebody in, each once', () => {
    const layers = [
      {
        rules: [
          { effect: 'Allow' as const, scopes: ['b', 'a'] },
          { effect: 'Deny' as const, scopes: ['never'] },
        ],
      },
      { rules: [{ effect: 'RequireApproval' as const, scopes: ['b', 'c'] }] },
    ];

    expect(scopesToAskFor({ layers })).to.deep.equal(['a', 'b', 'c']);
  });
});
