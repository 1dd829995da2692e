import { expect } from 'chai';
import type { Message } from '#core/mcp/messages.ts';
import { REFUSAL_CODES, type RefusalCode } from '#core/refusal.ts';
import { type RefusalContext, refuse } from './refuse.ts';

const CALL: Message = {
  kind: 'request',
  id: 7,
  method: 'tools/call',
  params: { name: 'pay' },
  target: { kind: 'tool', name: 'pay' },
};
const READ: Message = { kind: 'request', id: 'r', method: 'resources/read', params: {} };
const NOTE: Message = { kind: 'notification', method: 'notifications/progress', params: {} };

interface Body {
  readonly id: unknown;
  readonly error?: { readonly code: number; readonly data?: unknown };
  readonly result?: Record<string, unknown>;
}

function answer(code: RefusalCode, context: RefusalContext = {}) {
  const { status, headers, body } = refuse({ code, reason: 'because', rule: 'p/r' }, context);
  const parsed: Body | undefined =
    body === undefined ? undefined : JSON.parse(Buffer.from(body).toString());
  return { status, headers, body: parsed };
}

describe('refuse', () => {
  for (const code of REFUSAL_CODES) {
    it(`answers ${code} to a request with something its client can read`, () => {
      const { status, body } = answer(code, { message: CALL, era: 'modern' });

      expect(status).to.be.within(200, 504);
      expect(body).to.satisfy((b: Body) => (b.error === undefined) !== (b.result === undefined));
      expect(body?.id).to.equal(7);
    });
  }

  it('keeps every code of its own outside what JSON-RPC reserves', () => {
    for (const code of REFUSAL_CODES) {
      const rpc = answer(code, { message: READ, era: 'legacy' }).body?.error?.code ?? 0;
      const isStandard = [-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022].includes(
        rpc,
      );
      expect(isStandard || rpc > -32000, `${code}: ${rpc}`).to.equal(true);
    }
  });

  it('shows a denied call to the model: HTTP 200, isError, no structuredContent', () => {
    const { status, body } = answer('denied', { message: CALL, era: 'legacy' });

    expect(status).to.equal(200);
    expect(body?.result).to.deep.equal({
      content: [{ type: 'text', text: 'because' }],
      isError: true,
    });
  });

  it('names the decision to whoever is denied something else than a tool', () => {
    const denied = answer('denied', { message: READ, era: 'legacy', decisionId: 'e-1' });
    const hidden = answer('target_unknown', { message: READ, era: 'legacy', decisionId: 'e-1' });

    expect(denied.body?.error?.data).to.deep.equal({ decisionId: 'e-1', rule: 'p/r' });
    expect(JSON.stringify(hidden.body)).to.not.include('e-1');
  });

  it('says which methods there are when another one was used', () => {
    expect(answer('method_not_allowed').headers).to.include({ allow: 'POST, OPTIONS' });
    const refusal = { code: 'method_not_allowed', reason: 'x', allow: 'POST, GET' } as const;
    expect(refuse(refusal, {}).headers).to.include({ allow: 'POST, GET' });
  });

  it('sends a call that waits as a task home with that task', () => {
    const task = {
      taskId: 't',
      status: 'working',
      statusMessage: 'Waiting',
      createdAt: '2026-01-01T00:00:00.000Z',
      lastUpdatedAt: '2026-01-01T00:00:00.000Z',
      ttlMs: 1,
    } as const;
    const refusal = { code: 'approval_task', reason: 'waiting', task } as const;

    const { status, body } = refuse(refusal, { message: CALL, era: 'modern' });

    expect(status).to.equal(200);
    expect(JSON.parse(Buffer.from(body ?? []).toString())).to.deep.equal({
      jsonrpc: '2.0',
      id: 7,
      result: { resultType: 'task', ...task },
    });
  });

  it('shows the model why content was withheld, too', () => {
    expect(answer('content_withheld', { message: CALL, era: 'legacy' }).body?.result).to.include({
      isError: true,
    });
    expect(answer('content_withheld', { message: READ, era: 'legacy' }).body?.error?.code).to.equal(
      -31007,
    );
  });

  it('adds resultType in the modern era', () => {
    expect(answer('denied', { message: CALL, era: 'modern' }).body?.result).to.include({
      resultType: 'complete',
    });
  });

  it('denies other requests with an error inside HTTP 200 that names the rule', () => {
    const { status, body } = answer('denied', { message: READ, era: 'legacy' });

    expect(status).to.equal(200);
    expect(body?.error?.data).to.deep.equal({ rule: 'p/r' });
  });

  it('drops a denied notification: 202 without a body', () => {
    expect(answer('denied', { message: NOTE, era: 'legacy' })).to.deep.include({
      status: 202,
      body: undefined,
    });
  });

  it('answers an unknown method 404 in the modern era and 200 in the legacy one', () => {
    expect(answer('method_unknown', { message: READ, era: 'modern' }).status).to.equal(404);
    expect(answer('method_unknown', { message: READ, era: 'legacy' }).status).to.equal(200);
  });

  const challenges: { code: RefusalCode; status: number; says: string | undefined }[] = [
    { code: 'token_missing', status: 401, says: undefined },
    { code: 'token_invalid', status: 401, says: 'error="invalid_token"' },
    { code: 'scope_insufficient', status: 403, says: 'error="insufficient_scope"' },
  ];
  for (const { code, status, says } of challenges) {
    it(`challenges ${code} with ${status} and where the metadata is`, () => {
      const found = answer(code, { metadataUrl: 'https://mcp.example/.well-known/x' });

      expect(found.status).to.equal(status);
      const challenge = found.headers['www-authenticate'];
      expect(challenge).to.include('resource_metadata="https://mcp.example/.well-known/x"');
      if (says !== undefined) expect(challenge).to.include(says);
    });
  }

  it('never challenges for what policy denies', () => {
    const { headers } = answer('denied', { message: READ, metadataUrl: 'https://mcp.example/x' });

    expect(headers).to.not.have.property('www-authenticate');
  });

  it('says when to come back', () => {
    const refusal = { code: 'rate_limited', reason: 'slow', retryAfterSeconds: 1.2 } as const;

    expect(refuse(refusal, { message: READ }).headers).to.include({ 'retry-after': '2' });
  });
});
