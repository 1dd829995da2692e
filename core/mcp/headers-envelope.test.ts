// The per-request envelope and what the modern revision has no more, against the SDK's own server.

import { expect } from 'chai';
import {
  ask,
  CAPABILITIES,
  META,
  MODERN,
  messageOf,
  modern,
  note,
  type RefusedCase,
  request,
  VERSION,
  values,
} from './headers.testkit.ts';
import { checkHeaders } from './headers.ts';

const refused: readonly RefusedCase[] = [
  {
    name: 'a revision in the header that the body does not name',
    headers: { ...modern('server/discover'), 'mcp-protocol-version': '2025-11-25' },
    body: request('server/discover'),
    code: -32020,
    reason: /params._meta/,
  },
  {
    name: 'an unknown revision in the body behind a known header',
    headers: modern('server/discover'),
    body: request('server/discover', { _meta: { ...META, [VERSION]: 'v999.0.0' } }),
    code: -32020,
    reason: /params._meta/,
  },
  {
    name: 'initialize under a modern header',
    headers: modern('initialize'),
    body: request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'a', version: '1' },
    }),
    code: -32020,
    reason: /handshake/,
  },
  {
    name: 'an unknown revision',
    headers: { ...modern('server/discover'), 'mcp-protocol-version': 'v999.0.0' },
    body: request('server/discover', { _meta: { ...META, [VERSION]: 'v999.0.0' } }),
    code: -32022,
    reason: /2026-07-28/,
  },
  {
    name: 'an earlier revision in _meta',
    headers: { ...modern('server/discover'), 'mcp-protocol-version': '2025-11-25' },
    body: request('server/discover', { _meta: { ...META, [VERSION]: '2025-11-25' } }),
    code: -32022,
    reason: /2026-07-28/,
  },
  {
    name: 'no _meta',
    headers: modern('server/discover'),
    body: request('server/discover', {}),
    code: -32602,
    reason: /protocolVersion and .*clientCapabilities/,
  },
  {
    name: 'no revision in _meta',
    headers: modern('server/discover'),
    body: request('server/discover', { _meta: { [CAPABILITIES]: {} } }),
    code: -32602,
    reason: /lacks \S+protocolVersion$/,
  },
  {
    name: 'no capabilities in _meta',
    headers: modern('server/discover'),
    body: request('server/discover', { _meta: { [VERSION]: MODERN } }),
    code: -32602,
    reason: /lacks \S+clientCapabilities$/,
  },
  {
    name: 'a revision that is no text',
    headers: modern('server/discover'),
    body: request('server/discover', { _meta: { ...META, [VERSION]: 20260728 } }),
    code: -32602,
    reason: /protocolVersion/,
  },
  {
    name: 'capabilities that are no object',
    headers: modern('server/discover'),
    body: request('server/discover', { _meta: { ...META, [CAPABILITIES]: [] } }),
    code: -32602,
    reason: /clientCapabilities/,
  },
  // Not compared: the SDK server calls the whole message invalid.
  {
    name: '_meta that is an array',
    headers: modern('tools/list'),
    body: request('tools/list', { _meta: [] }),
    code: -32602,
    reason: /lacks/,
    onlyHere: true,
  },
  ...['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe'].map(
    (method) => ({
      name: `${method}, which the revision removed`,
      headers: modern(method),
      body: request(method),
      code: -32601,
      reason: /does not exist in revision 2026-07-28/,
    }),
  ),
  {
    name: 'a notification of another method than its header',
    headers: modern('notifications/progress'),
    body: note('notifications/cancelled', { requestId: 1 }),
    code: -32020,
    reason: /Mcp-Method differs/,
  },
  {
    name: 'a notification of another revision than its header',
    headers: { 'mcp-protocol-version': '2025-11-25' },
    body: note('notifications/cancelled', { requestId: 1, _meta: META }),
    code: -32020,
    reason: /params._meta/,
  },
  {
    name: 'a notification of an unknown revision',
    headers: { 'mcp-protocol-version': 'v999.0.0' },
    body: note('notifications/cancelled', { requestId: 1, _meta: { [VERSION]: 'v999.0.0' } }),
    code: -32022,
    reason: /2026-07-28/,
  },
  {
    name: 'a notification whose revision is no text',
    headers: { 'mcp-protocol-version': MODERN },
    body: note('notifications/cancelled', { requestId: 1, _meta: { [VERSION]: 1 } }),
    code: -32602,
    reason: /protocolVersion/,
  },
  // Not compared: the SDK server calls this a missing envelope, since it sorts names as text.
  {
    name: 'an unknown revision in the header alone',
    headers: { 'mcp-protocol-version': 'v999.0.0' },
    body: request('tools/list', {}),
    code: -32022,
    reason: /2025-11-25/,
    onlyHere: true,
  },
  // Not compared: the SDK server hands posted responses to whatever legacy handler there is.
  {
    name: 'a response in the modern era',
    headers: { 'mcp-protocol-version': MODERN },
    body: { jsonrpc: '2.0', id: 1, result: {} },
    code: -32600,
    reason: /responses are not posted/,
    onlyHere: true,
  },
];

describe('checkHeaders on the envelope', () => {
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
