import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import {
  approvalsOf,
  decide,
  killGateway,
  pending,
  startAskingRig,
  stateOf,
  storyOf,
  untilState,
  VERIFIED,
  verification,
} from './approving.ts';
import type { Rig } from './rig.ts';
import { until } from './until.ts';
import { legacyClient } from './waiting-clients.ts';
import { callTool, messageOf, modern, type Rpc, send } from './wire.ts';

const HOLD = ['--hold-seconds', '1'];

for (const era of ['legacy', 'modern'] as const) {
  describe(`a gateway killed while a call waits for its approval (${era})`, function () {
    this.timeout(60_000);
    let rig: Rig<Fixture>;
    before(async () => {
      rig = await startAskingRig({ era, tools: ['refund', 'slow'] });
    });
    after(() => rig?.close());

    /** As a client of this era would; what it hears when the gateway dies is `lost`. */
    async function call(name: string, args: Record<string, unknown>): Promise<string> {
      const token = await rig.token();
      if (era === 'modern') {
        const asked = modern(token, callTool(name, args));
        return textOf(messageOf(await send(rig.url, asked)));
      }
      const client = await legacyClient(rig.url, token);
      const { text } = await client.call(name, args);
      await client.close();
      return text;
    }
    const waiting = (name: string, args: Record<string, unknown>) =>
      call(name, args).catch(() => 'lost');
    const executions = (name: string) => rig.server.journal.executions(name);

    it('PENDING: the identical call attaches to the same request, and runs once', async () => {
      const lost = waiting('refund', { amount: 1 });
      const { id } = await pending(rig);
      await killGateway(rig);
      if (era === 'modern') expect(await lost).to.equal('lost');
      await rig.restart();

      const again = call('refund', { amount: 1 });
      const attached = await pending(rig);
      await decide(rig, { id, act: 'approve' });

      expect(attached.id).to.equal(id);
      expect(await again).to.equal('Refunded 1.');
      expect(executions('refund')).to.equal(1);
      expect((await storyOf(rig, id)).filter((each) => each === 'requested')).to.have.length(1);
    });

    it('DENIED: the identical call hears it again', async () => {
      const denied = call('refund', { amount: 2 });
      const { id } = await pending(rig);
      await decide(rig, { id, act: 'deny' });
      const before = await denied;
      await killGateway(rig);
      await rig.restart();

      expect(await call('refund', { amount: 2 })).to.equal(before);
      expect(before).to.include(id);
      expect(executions('refund')).to.equal(1);
    });

    it('GRANTED: the identical call goes on at once, and runs once', async () => {
      await rig.gatehouse.close();
      await rig.restart({ flags: ['--hold-seconds', '0'] });
      await call('refund', { amount: 3 });
      const { id } = await pending(rig);
      await decide(rig, { id, act: 'approve' });
      await killGateway(rig);
      await rig.restart();
      const before = await stateOf(rig, id);

      const answer = await call('refund', { amount: 3 });

      expect(before).to.equal('GRANTED');
      expect(answer).to.equal('Refunded 3.');
      expect(executions('refund')).to.equal(2);
      await untilState(rig, id, 'DONE');
    });

    it('CONSUMED: the grant is spent for good, and the identical call asks anew', async () => {
      const lost = waiting('slow', { ms: 60_000 });
      const { id } = await pending(rig);
      await decide(rig, { id, act: 'approve' });
      await until('the tool at work', () => executions('slow') === 1);
      await killGateway(rig);
      if (era === 'modern') expect(await lost).to.equal('lost');
      await rig.restart();

      const again = call('slow', { ms: 60_000 });
      const anew = await pending(rig);
      await decide(rig, { id: anew.id, act: 'deny' });
      await again;

      expect(anew.id).to.not.equal(id);
      expect(await stateOf(rig, id)).to.equal('CONSUMED');
      expect(executions('slow')).to.equal(1);
      expect(await storyOf(rig, id)).to.include('consumed');
    });

    it('keeps every approval as it was, and leaves evidence that holds', async () => {
      const states = (await approvalsOf(rig)).map(({ state }) => state);

      expect(states.toSorted()).to.deep.equal(['CONSUMED', 'DENIED', 'DENIED', 'DONE', 'DONE']);
      expect(await verification(rig)).to.deep.equal(VERIFIED);
    });
  });
}

describe('a round of waiting that outlives its gateway', function () {
  this.timeout(60_000);

  it('brings its client back to the same request, once', async () => {
    const rig = await startAskingRig({ era: 'modern', holdSeconds: 1 });
    try {
      const asked = callTool('refund', { amount: 1 });
      const token = await rig.token();
      const { result } = messageOf(await send(rig.url, modern(token, asked)));
      const params = { ...asked.params, requestState: result?.requestState };
      const back = async () =>
        messageOf(await send(rig.url, modern(token, { method: 'tools/call', params })));
      await killGateway(rig);
      await rig.restart({ flags: HOLD });
      const { id } = await pending(rig);
      await decide(rig, { id, act: 'approve' });

      const first = await back();
      await killGateway(rig);
      await rig.restart({ flags: HOLD });
      const second = await back();

      expect(textOf(first)).to.equal('Refunded 1.');
      expect(second.error?.message).to.include('this round has been taken already');
      expect(rig.server.journal.executions('refund')).to.equal(1);
      expect(await verification(rig)).to.deep.equal(VERIFIED);
    } finally {
      await rig.close();
    }
  });
});

function textOf({ result, error }: Rpc): string {
  return result?.content?.[0]?.text ?? error?.message ?? '';
}
