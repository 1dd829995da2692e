import { expect } from 'chai';
import { metadataPath, metadataUrl, publicUrlFor, resourceMetadata } from './resource-metadata.ts';

describe('protected resource metadata', () => {
  it('names the resource exactly, each issuer once, and scopes in a stable order', () => {
    const metadata = resourceMetadata(
      'https://mcp.example/mcp',
      ['https://b.example', 'https://a.example', 'https://b.example'],
      ['mcp:write', 'mcp:read', 'offline_access', 'mcp:read'],
    );

    expect(metadata).to.deep.equal({
      resource: 'https://mcp.example/mcp',
      authorization_servers: ['https://b.example', 'https://a.example'],
      scopes_supported: ['mcp:read', 'mcp:write'],
      bearer_methods_supported: ['header'],
    });
  });

  it('leaves scopes out when the policy asks for none', () => {
    const metadata = resourceMetadata('https://mcp.example/mcp', ['https://a.example'], []);

    expect(metadata).not.to.have.property('scopes_supported');
  });

  const places: { url: string; path: string; at: string }[] = [
    {
      url: 'https://mcp.example/mcp',
      path: '/.well-known/oauth-protected-resource/mcp',
      at: 'https://mcp.example/.well-known/oauth-protected-resource/mcp',
    },
    {
      url: 'http://127.0.0.1:8080/a/b',
      path: '/.well-known/oauth-protected-resource/a/b',
      at: 'http://127.0.0.1:8080/.well-known/oauth-protected-resource/a/b',
    },
    {
      url: 'https://mcp.example',
      path: '/.well-known/oauth-protected-resource',
      at: 'https://mcp.example/.well-known/oauth-protected-resource',
    },
  ];
  for (const { url, path, at } of places) {
    it(`of ${url} lies at ${path}`, () => {
      expect(metadataPath(url)).to.equal(path);
      expect(metadataUrl(url)).to.equal(at);
    });
  }
});

describe('the public URL of a request', () => {
  const urls = ['https://mcp.example/mcp', 'http://localhost:8080/mcp', 'http://[::1]:8080/mcp'];
  const cases: { host: string; url: string | undefined }[] = [
    { host: 'mcp.example', url: urls[0] },
    { host: 'MCP.example', url: urls[0] },
    { host: 'mcp.example:443', url: urls[0] },
    { host: 'localhost:8080', url: urls[1] },
    { host: '[::1]:8080', url: urls[2] },
    { host: 'allowed-elsewhere.example', url: urls[0] },
    { host: 'mcp.example:8443', url: urls[0] },
  ];
  for (const { host, url } of cases) {
    it(`for host ${host} is ${url}`, () => {
      expect(publicUrlFor(urls, host)).to.equal(url);
    });
  }

  it('is none when there are none', () => {
    expect(publicUrlFor([], 'mcp.example')).to.equal(undefined);
  });
});
