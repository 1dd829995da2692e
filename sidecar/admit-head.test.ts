import { expect } from 'chai';
import { admitHead, type Doors, type Head } from './admit-head.ts';

const DOORS: Doors = {
  path: '/mcp',
  hosts: new Set(['mcp.example', '127.0.0.1:8080']),
  origins: new Set(['https://app.example']),
  maxBodyBytes: 1000,
};
const POST: Head = {
  method: 'POST',
  target: '/mcp',
  headers: { host: ['mcp.example'], 'content-type': ['application/json'] },
  address: '127.0.0.1',
};
const withHeaders = (headers: Head['headers']): Head => ({
  ...POST,
  headers: { ...POST.headers, ...headers },
});

describe('admit head', () => {
  const admitted: { name: string; head: Head; kind: string }[] = [
    { name: 'a POST of JSON', head: POST, kind: 'post' },
    { name: 'a GET', head: { ...POST, method: 'GET' }, kind: 'stream' },
    { name: 'a DELETE', head: { ...POST, method: 'DELETE' }, kind: 'sessionEnd' },
    { name: 'a preflight', head: { ...POST, method: 'OPTIONS' }, kind: 'preflight' },
    { name: 'Host in any case', head: withHeaders({ host: ['MCP.example'] }), kind: 'post' },
    {
      name: 'a listed Origin',
      head: withHeaders({ origin: ['https://app.example'] }),
      kind: 'post',
    },
    {
      name: 'UTF-8 by name',
      head: withHeaders({ 'content-type': ['application/json; charset=UTF-8'] }),
      kind: 'post',
    },
    {
      name: 'identity encoding',
      head: withHeaders({ 'content-encoding': ['identity'] }),
      kind: 'post',
    },
    {
      name: 'a body of exactly the limit',
      head: withHeaders({ 'content-length': ['1000'] }),
      kind: 'post',
    },
  ];
  for (const { name, head, kind } of admitted) {
    it(`admits ${name}`, () => {
      expect(admitHead(head, DOORS)).to.have.property('kind', kind);
    });
  }

  const refused: { name: string; head: Head; code: string }[] = [
    {
      name: 'a Host it does not have',
      head: withHeaders({ host: ['evil.example'] }),
      code: 'host_not_allowed',
    },
    { name: 'no Host', head: withHeaders({ host: undefined }), code: 'host_not_allowed' },
    {
      name: 'two Hosts',
      head: withHeaders({ host: ['mcp.example', 'mcp.example'] }),
      code: 'host_not_allowed',
    },
    {
      name: 'an Origin that is not listed',
      head: withHeaders({ origin: ['https://evil.example'] }),
      code: 'origin_not_allowed',
    },
    {
      name: 'the null Origin',
      head: withHeaders({ origin: ['null'] }),
      code: 'origin_not_allowed',
    },
    { name: 'another path', head: { ...POST, target: '/mcp/x' }, code: 'path_unknown' },
    {
      name: 'a path with a trailing slash',
      head: { ...POST, target: '/mcp/' },
      code: 'path_unknown',
    },
    { name: 'a query', head: { ...POST, target: '/mcp?token=x' }, code: 'path_unknown' },
    {
      name: 'an absolute target',
      head: { ...POST, target: 'http://mcp.example/mcp' },
      code: 'path_unknown',
    },
    { name: 'PUT', head: { ...POST, method: 'PUT' }, code: 'method_not_allowed' },
    { name: 'CONNECT', head: { ...POST, method: 'CONNECT' }, code: 'method_not_allowed' },
    {
      name: 'a compressed body',
      head: withHeaders({ 'content-encoding': ['gzip'] }),
      code: 'encoding_not_accepted',
    },
    {
      name: 'text',
      head: withHeaders({ 'content-type': ['text/plain'] }),
      code: 'media_type_not_accepted',
    },
    {
      name: 'no media type',
      head: withHeaders({ 'content-type': undefined }),
      code: 'media_type_not_accepted',
    },
    {
      name: 'another charset',
      head: withHeaders({ 'content-type': ['application/json;charset=utf-7'] }),
      code: 'media_type_not_accepted',
    },
    {
      name: 'another charset, with a blank before its sign',
      head: withHeaders({ 'content-type': ['application/json; charset =utf-7'] }),
      code: 'media_type_not_accepted',
    },
    {
      name: 'another charset, as an extended parameter',
      head: withHeaders({ 'content-type': ["application/json; charset*=us-ascii''utf-7"] }),
      code: 'media_type_not_accepted',
    },
    {
      name: 'two media types',
      head: withHeaders({ 'content-type': ['application/json', 'text/plain'] }),
      code: 'media_type_not_accepted',
    },
    {
      name: 'a body that declares too much',
      head: withHeaders({ 'content-length': ['1001'] }),
      code: 'body_too_large',
    },
  ];
  for (const { name, head, code } of refused) {
    it(`refuses ${name}`, () => {
      expect(admitHead(head, DOORS)).to.have.nested.property('refusal.code', code);
    });
  }

  it('judges Host before anything else', () => {
    const head = { ...withHeaders({ host: ['evil.example'] }), method: 'PUT', target: '/x' };

    expect(admitHead(head, DOORS)).to.have.nested.property('refusal.code', 'host_not_allowed');
  });
});
