// What counts as one JSON-RPC message of MCP, and what it is found to act on.

import { expect } from 'chai';
import fc from 'fast-check';
import {
  MAX_ID_LENGTH,
  MAX_METHOD_LENGTH,
  MAX_NAME_LENGTH,
  MAX_URI_LENGTH,
  parseMessage,
} from './message.ts';
import type { JsonObject, JsonValue } from './messages.ts';
import { METHODS } from './methods.ts';

const call = (fields: JsonObject): JsonObject => ({ jsonrpc: '2.0', id: 1, ...fields });

describe('parseMessage', () => {
  it('reads a request with its target and lets unknown fields pass', () => {
    const params = { name: 'add', arguments: { a: 1 }, extra: true };

    const parsed = parseMessage(call({ method: 'tools/call', params, trace: 'x' }));

    expect(parsed).to.deep.equal({
      ok: true,
      message: {
        kind: 'request',
        id: 1,
        method: 'tools/call',
        params,
        target: { kind: 'tool', name: 'add' },
      },
    });
  });

  it('reads a notification', () => {
    const parsed = parseMessage({ jsonrpc: '2.0', method: 'notifications/initialized' });

    expect(parsed).to.deep.equal({
      ok: true,
      message: { kind: 'notification', method: 'notifications/initialized', params: {} },
    });
  });

  const responses: readonly { name: string; value: JsonObject; message: JsonObject }[] = [
    {
      name: 'a result',
      value: { jsonrpc: '2.0', id: 'a', result: {} },
      message: { kind: 'response', id: 'a', body: { result: {} } },
    },
    {
      name: 'a result of null',
      value: { jsonrpc: '2.0', id: 0, result: null },
      message: { kind: 'response', id: 0, body: { result: null } },
    },
    {
      name: 'an error',
      value: { jsonrpc: '2.0', id: 7, error: { code: -1, message: 'no' } },
      message: { kind: 'response', id: 7, body: { error: { code: -1, message: 'no' } } },
    },
    {
      name: 'an error with id null',
      value: { jsonrpc: '2.0', id: null, error: { code: -1, message: 'no' } },
      message: { kind: 'response', body: { error: { code: -1, message: 'no' } } },
    },
    {
      name: 'an error without id',
      value: { jsonrpc: '2.0', error: {} },
      message: { kind: 'response', body: { error: {} } },
    },
  ];
  for (const { name, value, message } of responses) {
    it(`reads ${name}`, () => {
      expect(parseMessage(value)).to.deep.equal({ ok: true, message });
    });
  }

  const targets: readonly { method: string; params: JsonObject; kind: string; name: string }[] = [
    { method: 'prompts/get', params: { name: 'p' }, kind: 'prompt', name: 'p' },
    { method: 'resources/read', params: { uri: 'file:///a' }, kind: 'resource', name: 'file:///a' },
    { method: 'resources/subscribe', params: { uri: 'x:y' }, kind: 'resource', name: 'x:y' },
    { method: 'resources/unsubscribe', params: { uri: 'x:y' }, kind: 'resource', name: 'x:y' },
    { method: 'tasks/get', params: { taskId: 't' }, kind: 'task', name: 't' },
    { method: 'tasks/cancel', params: { taskId: 't' }, kind: 'task', name: 't' },
    {
      method: 'completion/complete',
      params: { ref: { type: 'ref/prompt', name: 'p' } },
      kind: 'prompt',
      name: 'p',
    },
    {
      method: 'completion/complete',
      params: { ref: { type: 'ref/resource', uri: 'x:{y}' } },
      kind: 'resource',
      name: 'x:{y}',
    },
  ];
  for (const { method, params, kind, name } of targets) {
    it(`finds the ${kind} that ${method} acts on`, () => {
      const parsed = parseMessage(call({ method, params }));

      expect(parsed).to.have.nested.property('message.target').that.deep.equals({ kind, name });
    });
  }

  it('finds the resource that an update is about', () => {
    const method = 'notifications/resources/updated';

    const parsed = parseMessage({ jsonrpc: '2.0', method, params: { uri: 'x:y' } });

    expect(parsed).to.have.nested.property('message.target.name', 'x:y');
  });

  const invalid: readonly { name: string; value: JsonValue; reason: RegExp }[] = [
    { name: 'a scalar', value: 'ping', reason: /object/ },
    { name: 'null', value: null, reason: /object/ },
    { name: 'no jsonrpc', value: { id: 1, method: 'ping' }, reason: /jsonrpc/ },
    { name: 'JSON-RPC 1.0', value: { jsonrpc: '1.0', id: 1, method: 'ping' }, reason: /jsonrpc/ },
    {
      name: 'jsonrpc as a number',
      value: { jsonrpc: 2, id: 1, method: 'ping' },
      reason: /jsonrpc/,
    },
    { name: 'an id of null', value: call({ id: null, method: 'ping' }), reason: /id/ },
    { name: 'an id with a fraction', value: call({ id: 1.5, method: 'ping' }), reason: /id/ },
    { name: 'an unsafe id', value: call({ id: 2 ** 53, method: 'ping' }), reason: /id/ },
    { name: 'a boolean id', value: call({ id: true, method: 'ping' }), reason: /id/ },
    { name: 'an object id', value: call({ id: {}, method: 'ping' }), reason: /id/ },
    {
      name: 'an endless id',
      value: call({ id: 'x'.repeat(MAX_ID_LENGTH + 1), method: 'ping' }),
      reason: /id/,
    },
    { name: 'an empty method', value: call({ method: '' }), reason: /method/ },
    { name: 'a method of null', value: call({ method: null }), reason: /method/ },
    {
      name: 'an endless method',
      value: call({ method: 'x'.repeat(MAX_METHOD_LENGTH + 1) }),
      reason: /method/,
    },
    { name: 'params as an array', value: call({ method: 'ping', params: [] }), reason: /params/ },
    { name: 'params of null', value: call({ method: 'ping', params: null }), reason: /params/ },
    { name: 'method and result', value: call({ method: 'ping', result: {} }), reason: /either/ },
    { name: 'method and error', value: call({ method: 'ping', error: {} }), reason: /either/ },
    { name: 'result and error', value: call({ result: {}, error: {} }), reason: /either/ },
    {
      name: 'result and error of null',
      value: call({ result: {}, error: null }),
      reason: /either/,
    },
    { name: 'an error that is text', value: call({ error: 'no' }), reason: /error/ },
    { name: 'an error with a bad id', value: call({ id: [], error: {} }), reason: /id/ },
    { name: 'a result without id', value: { jsonrpc: '2.0', result: {} }, reason: /id/ },
    { name: 'nothing but an id', value: call({}), reason: /method, result or error/ },
    {
      name: 'a call without id',
      value: { jsonrpc: '2.0', method: 'tools/call', params: { name: 'a' } },
      reason: /needs an id/,
    },
    {
      name: 'a notification with id',
      value: call({ method: 'notifications/initialized' }),
      reason: /has no id/,
    },
    {
      name: 'a call without name',
      value: call({ method: 'tools/call', params: {} }),
      reason: /params.name/,
    },
    { name: 'a call without params', value: call({ method: 'tools/call' }), reason: /params.name/ },
    {
      name: 'a call of a number',
      value: call({ method: 'tools/call', params: { name: 1 } }),
      reason: /params.name/,
    },
    {
      name: 'a call of nothing',
      value: call({ method: 'tools/call', params: { name: '' } }),
      reason: /params.name/,
    },
    {
      name: 'an endless name',
      value: call({ method: 'tools/call', params: { name: 'x'.repeat(MAX_NAME_LENGTH + 1) } }),
      reason: /1024/,
    },
    {
      name: 'an endless URI',
      value: call({ method: 'resources/read', params: { uri: 'x'.repeat(MAX_URI_LENGTH + 1) } }),
      reason: /4096/,
    },
    {
      name: 'a task without id',
      value: call({ method: 'tasks/get', params: {} }),
      reason: /params.taskId/,
    },
    {
      name: 'a completion without ref',
      value: call({ method: 'completion/complete' }),
      reason: /params.ref/,
    },
    {
      name: 'a completion of a tool',
      value: call({
        method: 'completion/complete',
        params: { ref: { type: 'ref/tool', name: 'a' } },
      }),
      reason: /ref.type/,
    },
    {
      name: 'a completion without name',
      value: call({
        method: 'completion/complete',
        params: { ref: { type: 'ref/prompt', uri: 'a' } },
      }),
      reason: /ref.name/,
    },
  ];
  for (const { name, value, reason } of invalid) {
    it(`refuses ${name}`, () => {
      const parsed = parseMessage(value);

      expect(parsed).to.include({ ok: false, code: 'message_invalid' });
      expect(parsed).to.have.property('reason').that.matches(reason);
    });
  }

  for (const value of [[], [call({ method: 'ping' })], [[]]] satisfies JsonValue[]) {
    it(`refuses the array ${JSON.stringify(value)}`, () => {
      expect(parseMessage(value)).to.include({ ok: false, code: 'batch_refused' });
    });
  }

  it('takes names, URIs, methods and ids at their limits', () => {
    const parsed = [
      parseMessage(call({ method: 'tools/call', params: { name: 'x'.repeat(MAX_NAME_LENGTH) } })),
      parseMessage(call({ method: 'resources/read', params: { uri: 'x'.repeat(MAX_URI_LENGTH) } })),
      parseMessage(call({ method: 'x'.repeat(MAX_METHOD_LENGTH) })),
      parseMessage(call({ id: 'x'.repeat(MAX_ID_LENGTH), method: 'ping' })),
      parseMessage(call({ id: Number.MAX_SAFE_INTEGER, method: 'ping' })),
    ];

    expect(parsed.map(({ ok }) => ok)).to.deep.equal([true, true, true, true, true]);
  });

  it('leaves a method that its own revision removed to be answered as unknown', () => {
    const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };

    const parsed = parseMessage(call({ method: 'resources/subscribe', params: { _meta } }));

    expect(parsed).to.include({ ok: true });
    expect(parsed).to.not.have.nested.property('message.target');
  });

  it('still needs the target of a method that the named revision has', () => {
    for (const revision of ['2025-11-25', '2026-07-28', 'v999.0.0']) {
      const _meta = { 'io.modelcontextprotocol/protocolVersion': revision };

      const parsed = parseMessage(call({ method: 'tools/call', params: { _meta } }));

      expect(parsed, revision).to.include({ ok: false, code: 'message_invalid' });
    }
  });

  it('never gives a known method that needs a target without one, in any revision that has it', () => {
    const methods = fc.constantFrom(...METHODS.keys());
    const params = fc.dictionary(
      fc.constantFrom('name', 'uri', 'taskId', 'ref', '_meta', '__proto__'),
      fc.jsonValue(),
    );

    fc.assert(
      fc.property(methods, params, fc.boolean(), (method, drawn, hasId) => {
        const value = JSON.parse(
          JSON.stringify({ jsonrpc: '2.0', method, params: drawn, ...(hasId ? { id: 1 } : {}) }),
        );

        const parsed = parseMessage(value);

        if (!parsed.ok || parsed.message.kind === 'response') return;
        const needsTarget = METHODS.get(method)?.targetMember !== undefined;
        expect(parsed.message.target !== undefined).to.equal(needsTarget);
      }),
    );
  });
});
