import { expect } from 'chai';
import { attributesOf } from './record-attributes.ts';
import { APPROVAL, CALL, durable, EXCHANGE, HASH, outcome } from './records.fixture.ts';

const DECISION = { effect: 'Allow', rule: 'p/all', policy: 'd1' } as const;

describe('the attributes of a record', () => {
  it('are all that evidence says of a call, and nothing else', () => {
    const item = outcome(
      {
        session: 's1',
        unsampled: true,
        source: { address: '192.0.2.1' },
        principal: {
          issuer: 'https://idp.example',
          subject: 'alice',
          client: 'app',
          actors: [{ subject: 'agent' }],
        },
        masking: {
          redactions: [{ detector: 'email', pointer: '/secret', action: 'Redact', count: 2 }],
        },
      },
      { decision: DECISION, approval: APPROVAL, redactions: 1 },
    );

    expect(attributesOf(item)).to.deep.equal({
      'mcp.method.name': 'tools/call',
      'mcp.protocol.version': '2025-11-25',
      'mcp.session.id': 's1',
      'jsonrpc.request.id': '1',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'echo',
      'client.address': '192.0.2.1',
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
      'user.id': 'alice',
      'gatehouse.principal.issuer': 'https://idp.example',
      'gatehouse.principal.client': 'app',
      'gatehouse.principal.actors': ['agent'],
      'gatehouse.trace.unsampled': true,
      'gatehouse.decision.effect': 'Allow',
      'gatehouse.decision.rule': 'p/all',
      'gatehouse.decision.policy': 'd1',
      'gatehouse.outcome.status': 'ok',
      'gatehouse.masking.redactions': 3,
      'gatehouse.approval.id': APPROVAL,
      'gatehouse.exchange.id': EXCHANGE,
      'gatehouse.record.type': 'outcome',
      'gatehouse.record.lane': 'lane-1',
      'gatehouse.record.seq': 7,
      'gatehouse.record.hash': HASH,
    });
  });

  const targets = [
    { target: 'prompt:p', method: 'prompts/get', says: { 'gen_ai.prompt.name': 'p' } },
    {
      target: 'resource:file:///a:b',
      method: 'resources/read',
      says: { 'mcp.resource.uri': 'file:///a:b' },
    },
    { target: 'task:t', method: 'tasks/get', says: { 'gatehouse.task.id': 't' } },
  ];
  for (const { target, method, says } of targets) {
    it(`name the target of ${method}`, () => {
      const attributes = attributesOf(outcome({ message: { ...CALL, method, target } }));

      expect(attributes).to.include(says);
      expect(attributes).not.to.have.property('gen_ai.operation.name');
    });
  }

  it('call no method MCP that is HTTP alone', () => {
    const { target: _, ...message } = { ...CALL, method: 'DELETE' };
    const attributes = attributesOf(outcome({ message }));

    expect(attributes).to.include({ 'http.request.method': 'DELETE' });
    expect(attributes).not.to.have.property('mcp.method.name');
  });

  it('name an error by what it is', () => {
    const failed = { status: 'rpc_error', errorCode: -32603, httpStatus: 200 } as const;

    expect(attributesOf(outcome({ outcome: failed }))).to.include({
      'error.type': '-32603',
      'rpc.response.status_code': '-32603',
      'http.response.status_code': 200,
    });
  });

  it('say of an approval who decided, and never what they wrote', () => {
    const approval = {
      id: APPROVAL,
      binding: 'b',
      state: 'DENIED',
      rule: 'p/ask',
      scope: 'Call',
      target: 'tool:refund',
      approver: 'bob',
      reason: 'because of s3cret',
    };

    const attributes = attributesOf({ record: durable({ type: 'approval.denied', approval }) });

    expect(attributes).to.include({
      'gatehouse.approval.id': APPROVAL,
      'gatehouse.approval.state': 'DENIED',
      'gatehouse.approval.rule': 'p/ask',
      'gatehouse.approval.target': 'tool:refund',
    });
    expect(attributes['gatehouse.approval.approvers']).to.deep.equal(['bob']);
    expect(JSON.stringify(attributes)).not.to.include('s3cret');
  });

  it('carry the facts of a life-cycle record', () => {
    const detail = { cause: 'ENOSPC', refused: 3, tools: ['a'] };

    const attributes = attributesOf({ record: durable({ type: 'degraded.exit', detail }) });

    expect(attributes).to.include({
      'gatehouse.detail.cause': 'ENOSPC',
      'gatehouse.detail.refused': 3,
    });
    expect(attributes['gatehouse.detail.tools']).to.deep.equal(['a']);
  });
});
