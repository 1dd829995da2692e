import { expect } from 'chai';
import type { CompiledPolicy } from '#core/policy/compiled.ts';
import { doorsOf, misplacedUrls, publicUrlsOf } from './doors.ts';

const policy = (server: Partial<CompiledPolicy['server']> = {}) =>
  ({
    server: { path: '/mcp', publicUrls: [], allowedHosts: [], allowedOrigins: [], ...server },
    limits: { maxBodyBytes: 10 },
  }) as unknown as CompiledPolicy;

describe('public URLs', () => {
  const cases: {
    name: string;
    given?: string[];
    listed?: string[];
    host?: string;
    urls: string[];
  }[] = [
    {
      name: 'are those given first',
      given: ['https://a.example/mcp'],
      listed: ['https://b.example/mcp'],
      urls: ['https://a.example/mcp'],
    },
    {
      name: 'then those of the policy',
      listed: ['https://b.example/mcp'],
      urls: ['https://b.example/mcp'],
    },
    {
      name: 'else the listen address and its localhost twin',
      urls: ['http://127.0.0.1:8080/mcp', 'http://localhost:8080/mcp'],
    },
    {
      name: 'and back, for localhost',
      host: 'localhost',
      urls: ['http://localhost:8080/mcp', 'http://127.0.0.1:8080/mcp'],
    },
    {
      name: 'with IPv6 in brackets',
      host: '::1',
      urls: ['http://[::1]:8080/mcp', 'http://localhost:8080/mcp'],
    },
    { name: 'without a twin elsewhere', host: '10.0.0.1', urls: ['http://10.0.0.1:8080/mcp'] },
  ];
  for (const { name, given = [], listed = [], host = '127.0.0.1', urls } of cases) {
    it(name, () => {
      const found = publicUrlsOf(
        given.map((url) => new URL(url)),
        policy({ publicUrls: listed }),
        { host, port: 8080 },
        '/mcp',
      );

      expect(found).to.deep.equal(urls);
    });
  }
});

describe('doors', () => {
  it('take the host with and without the default port', () => {
    const { hosts } = doorsOf(policy(), ['https://mcp.example/mcp'], '/mcp');

    expect([...hosts]).to.deep.equal(['mcp.example', 'mcp.example:443']);
  });

  it('take a listed host and origin in any case', () => {
    const listed = { allowedHosts: ['MCP.internal'], allowedOrigins: ['https://App.example'] };

    const { hosts, origins } = doorsOf(policy(listed), ['http://127.0.0.1:8080/mcp'], '/mcp');

    expect([...hosts]).to.include('mcp.internal');
    expect([...origins]).to.deep.equal(['http://127.0.0.1:8080', 'https://app.example']);
  });
});

describe('public URLs with another path than the server', () => {
  it('are found, since nothing is served there', () => {
    const urls = ['https://a.example/mcp', 'https://a.example/other', 'https://b.example/mcp/'];

    expect(misplacedUrls(urls, '/mcp')).to.deep.equal(urls.slice(1));
  });
});
