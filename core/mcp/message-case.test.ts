// What a server that matches the names of members in any case would read otherwise than it was judged.

import { expect } from 'chai';
import { parseMessage } from './message.ts';
import type { JsonObject } from './messages.ts';

const call = (fields: JsonObject): JsonObject => ({ jsonrpc: '2.0', id: 1, ...fields });

describe('parseMessage, on the case of names', () => {
  const lookalikes: readonly { name: string; value: JsonObject; reason: string }[] = [
    {
      name: 'a second method',
      value: call({ method: 'ping', Method: 'tools/call', params: { name: 'drop' } }),
      reason: 'method must be written in just this case',
    },
    {
      name: 'a call in a result',
      value: call({ result: {}, METHOD: 'tools/call', Params: { name: 'drop' } }),
      reason: 'method must be written in just this case',
    },
    {
      name: 'parameters with a long s',
      value: call({ method: 'tools/call', params: { name: 'add' }, param\u017f: { name: 'drop' } }),
      reason: 'params must be written in just this case',
    },
    {
      name: 'a second tool',
      value: call({ method: 'tools/call', params: { name: 'add', Name: 'drop' } }),
      reason: 'params.name must be written in just this case',
    },
    {
      name: 'a task with a Kelvin sign',
      value: call({ method: 'tasks/get', params: { taskId: 'a', ta\u017f\u212aId: 'b' } }),
      reason: 'params.taskId must be written in just this case',
    },
    {
      name: 'a second reference',
      value: call({
        method: 'completion/complete',
        params: { ref: { type: 'ref/prompt', name: 'a', NAME: 'b' } },
      }),
      reason: 'params.ref.name must be written in just this case',
    },
  ];
  for (const { name, value, reason } of lookalikes) {
    it(`refuses what a server that reads names in any case would take for ${name}`, () => {
      expect(parseMessage(value)).to.deep.equal({ ok: false, code: 'message_invalid', reason });
    });
  }

  it('lets arguments have names that differ in case alone, and methods it does not know', () => {
    const params = { name: 'run', arguments: { Path: 'a', PATH: 'b' } };

    expect(parseMessage(call({ method: 'tools/call', params })).ok).to.equal(true);
    expect(parseMessage(call({ method: 'acme/run', params: { Name: 'x' } })).ok).to.equal(true);
  });
});
