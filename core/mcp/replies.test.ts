// The bytes that Gatehouse writes itself, and what the SDK clients make of them.

import { CallToolResultSchema, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect } from 'chai';
import {
  cancelledNotification,
  deniedToolResult,
  ERROR_CODES,
  errorReply,
  notification,
} from './replies.ts';

function read(bytes: Uint8Array): Record<string, unknown> {
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
}

describe('errorReply', () => {
  it('answers with the id of the request', () => {
    const reply = read(errorReply('a', ERROR_CODES.denied, 'no'));

    expect(reply).to.deep.equal({
      jsonrpc: '2.0',
      id: 'a',
      error: { code: -31001, message: 'no' },
    });
    expect(JSONRPCMessageSchema.safeParse(reply).success).to.equal(true);
  });

  it('answers id 0 with id 0', () => {
    expect(read(errorReply(0, ERROR_CODES.denied, 'no')).id).to.equal(0);
  });

  it('answers what could not be read with id null', () => {
    expect(read(errorReply(undefined, ERROR_CODES.parseError, 'no')).id).to.equal(null);
  });

  it('carries data', () => {
    const reply = read(errorReply(1, ERROR_CODES.denied, 'no', { rule: 'p/r' }));

    expect(reply.error).to.deep.equal({ code: -31001, message: 'no', data: { rule: 'p/r' } });
  });

  it('has codes of its own outside what JSON-RPC reserves, each once', () => {
    const own = Object.values(ERROR_CODES).filter((code) => code > -32000 || code < -32768);

    expect(own).to.have.length(11);
    expect(new Set(Object.values(ERROR_CODES)).size).to.equal(Object.keys(ERROR_CODES).length);
  });
});

describe('deniedToolResult', () => {
  it('is a legacy result without resultType', () => {
    const reply = read(deniedToolResult(3, 'denied by rule p/r', 'legacy'));

    expect(reply).to.deep.equal({
      jsonrpc: '2.0',
      id: 3,
      result: { content: [{ type: 'text', text: 'denied by rule p/r' }], isError: true },
    });
    expect(CallToolResultSchema.safeParse(reply.result).success).to.equal(true);
  });

  it('is a complete result in the modern era', () => {
    const { result } = read(deniedToolResult(3, 'no', 'modern'));

    expect(result).to.include({ resultType: 'complete', isError: true });
    expect(result).to.not.have.property('structuredContent');
  });
});

describe('notification', () => {
  it('has no id', () => {
    const message = read(notification('notifications/tools/list_changed'));

    expect(message).to.deep.equal({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  });

  it('cancels a request by its id', () => {
    const message = read(cancelledNotification('7', 'time limit'));

    expect(message).to.deep.equal({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: '7', reason: 'time limit' },
    });
    expect(JSONRPCMessageSchema.safeParse(message).success).to.equal(true);
  });
});
