// Headers that repeat the body. Gatehouse refuses nothing that the SDK's own server serves, and
// answers as it would: each case that can be compared runs against it.

import { expect } from 'chai';
import {
  ask,
  base64,
  type Case,
  callOf,
  META,
  MODERN,
  messageOf,
  modern,
  named,
  type RefusedCase,
  request,
  values,
} from './headers.testkit.ts';
import { checkHeaders } from './headers.ts';
import { mirroredName, mirrorOf } from './mirrors.ts';

const served: readonly Case[] = [
  {
    name: 'a discovery probe',
    headers: modern('server/discover'),
    body: request('server/discover'),
  },
  { name: 'a list', headers: modern('tools/list'), body: request('tools/list') },
  { name: 'a call', headers: named('add'), body: callOf('add') },
  { name: 'a name with blanks around it', headers: named('  add\t '), body: callOf('add') },
  { name: 'a name in Base64', headers: named(base64('add')), body: callOf('add') },
  {
    name: 'a name beyond ASCII in Base64',
    headers: named(base64('añadir 😀')),
    body: callOf('añadir 😀'),
  },
  {
    name: 'a name that opens like Base64',
    headers: named('=?base64?YWRk'),
    body: callOf('=?base64?YWRk'),
  },
  { name: 'a name that closes like Base64', headers: named('YWRk?='), body: callOf('YWRk?=') },
  {
    name: 'a header with a parameter',
    headers: { ...named('add'), 'mcp-param-region': 'eu' },
    body: callOf('add'),
  },
  {
    name: 'a list with a name nobody asked for',
    headers: modern('tools/list', { 'mcp-name': 'add' }),
    body: request('tools/list'),
  },
];

const refused: readonly RefusedCase[] = [
  {
    name: 'a call of another method than its header',
    headers: modern('prompts/list'),
    body: request('tools/list'),
    code: -32020,
    reason: /Mcp-Method differs/,
  },
  {
    name: 'a method header in capitals',
    headers: modern('TOOLS/LIST'),
    body: request('tools/list'),
    code: -32020,
    reason: /Mcp-Method differs/,
  },
  {
    name: 'a missing method header',
    headers: { 'mcp-protocol-version': MODERN },
    body: request('tools/list'),
    code: -32020,
    reason: /Mcp-Method is missing/,
  },
  {
    name: 'a missing version header',
    headers: { 'mcp-method': 'tools/list' },
    body: request('tools/list'),
    code: -32020,
    reason: /MCP-Protocol-Version is missing/,
  },
  {
    name: 'a missing name header',
    headers: modern('tools/call'),
    body: callOf('add'),
    code: -32020,
    reason: /Mcp-Name is missing/,
  },
  {
    name: 'another name than its header',
    headers: named('list'),
    body: callOf('add'),
    code: -32020,
    reason: /Mcp-Name differs from params.name/,
  },
  {
    name: 'a name header in capitals',
    headers: named('ADD'),
    body: callOf('add'),
    code: -32020,
    reason: /Mcp-Name differs/,
  },
  {
    name: 'another URI than its header',
    headers: modern('resources/read', { 'mcp-name': 'x:a' }),
    body: request('resources/read', { uri: 'x:b', _meta: META }),
    code: -32020,
    reason: /params.uri/,
  },
  {
    name: 'another prompt than its header',
    headers: modern('prompts/get', { 'mcp-name': 'a' }),
    body: request('prompts/get', { name: 'b', _meta: META }),
    code: -32020,
    reason: /params.name/,
  },
  {
    name: 'another task than its header',
    headers: modern('tasks/get', { 'mcp-name': 'a' }),
    body: request('tasks/get', { taskId: 'b', _meta: META }),
    code: -32020,
    reason: /params.taskId/,
  },
  {
    name: 'Base64 of another name',
    headers: named(base64('list')),
    body: callOf('add'),
    code: -32020,
    reason: /differs/,
  },
  {
    name: 'Base64 without padding',
    headers: named('=?base64?YWRkMQ?='),
    body: callOf('add1'),
    code: -32020,
    reason: /differs/,
  },
  {
    name: 'Base64 with other characters',
    headers: named('=?base64?YW!k?='),
    body: callOf('add'),
    code: -32020,
    reason: /differs/,
  },
  {
    name: 'Base64 that is not UTF-8',
    headers: named('=?base64?//8=?='),
    body: callOf('add'),
    code: -32020,
    reason: /differs/,
  },
  {
    name: 'a name that looks like Base64 itself, sent bare',
    headers: named('=?base64?YWRk?='),
    body: callOf('=?base64?YWRk?='),
    code: -32020,
    reason: /differs/,
  },
  // Not compared: Fetch joins repeated headers with a comma before the SDK server sees them.
  {
    name: 'a version header twice',
    headers: { ...modern('tools/list'), 'mcp-protocol-version': [MODERN, MODERN] },
    body: request('tools/list'),
    code: -32020,
    reason: /MCP-Protocol-Version is sent more than once/,
    onlyHere: true,
  },
  {
    name: 'a method header twice',
    headers: { ...modern('tools/list'), 'mcp-method': ['tools/list', 'tools/call'] },
    body: request('tools/list'),
    code: -32020,
    reason: /Mcp-Method is sent more than once/,
    onlyHere: true,
  },
  {
    name: 'a name header twice',
    headers: { ...named('add'), 'mcp-name': ['add', 'add'] },
    body: callOf('add'),
    code: -32020,
    reason: /Mcp-Name is sent more than once/,
    onlyHere: true,
  },
  {
    name: 'a parameter header twice',
    headers: { ...named('add'), 'mcp-param-x': ['1', '2'] },
    body: callOf('add'),
    code: -32020,
    reason: /Mcp-Param header is sent more than once/,
    onlyHere: true,
  },
  // Not compared: the SDK server leaves these bounds to the HTTP parser.
  {
    name: 'an endless parameter header',
    headers: { ...named('add'), 'mcp-param-x': 'x'.repeat(8193) },
    body: callOf('add'),
    code: -32020,
    reason: /Mcp-Param header is over 8192/,
    onlyHere: true,
  },
  {
    name: 'endlessly many parameter headers',
    headers: {
      ...named('add'),
      ...Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`mcp-param-${index}`, '1'])),
    },
    body: callOf('add'),
    code: -32020,
    reason: /over 64 Mcp-Param/,
    onlyHere: true,
  },
  {
    name: 'an endless version header',
    headers: { 'mcp-protocol-version': 'x'.repeat(65) },
    body: request('tools/list'),
    code: -32020,
    reason: /over 64 characters/,
    onlyHere: true,
  },
];

describe('checkHeaders on mirror headers', () => {
  for (const { name, headers, body } of served) {
    it(`lets ${name} pass, as the server does`, async () => {
      const checked = checkHeaders({ headers: values(headers), message: messageOf(body) });
      const answer = await ask(headers, body);

      expect(checked).to.deep.equal({ ok: true, revision: MODERN, era: 'modern' });
      expect(answer.status).to.equal(200);
    });
  }

  for (const { name, headers, body, code, reason, onlyHere } of refused) {
    it(`refuses ${name}${onlyHere ? '' : ', as the server does'}`, async () => {
      const checked = checkHeaders({ headers: values(headers), message: messageOf(body) });

      expect(checked).to.include({ ok: false, jsonRpcCode: code });
      expect(checked).to.have.property('reason').that.matches(reason);
      if (onlyHere) return;
      const answer = await ask(headers, body);
      expect(answer).to.deep.equal({ status: code === -32601 ? 404 : 400, code });
    });
  }
});

describe('a header that names what the body does', () => {
  for (const name of ['add', 'a b', 'añadir 😀', '=?base64?YWRk?=', ' ', 'YWRk?=']) {
    it(`is written as it is read: ${JSON.stringify(name)}`, () => {
      const headers = values(named(mirrorOf(name)));

      expect(checkHeaders({ headers, message: messageOf(callOf(name)) }).ok).to.equal(true);
      expect(mirrorOf(name)).to.match(/^[\x21-\x7e]+$/);
      expect(mirroredName(` ${mirrorOf(name)}\t`)).to.equal(name);
    });
  }
});
