// People are told of what waits for them, of decisions, and of what looks wrong; by receivers that come
// and go, and never by showing what the call carries.

import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Receiver, startReceiver } from '#platform/notify/receiver.testkit.ts';
import { askingSpec, decide, pending } from './approving.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { until } from './until.ts';
import { callTool, modern, send } from './wire.ts';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const CARD = '4111111111111111';

function spec(deskUrl: string): Spec {
  return {
    ...askingSpec({ approval: { notify: ['desk', 'room'] } }),
    notifications: [
      {
        name: 'desk',
        type: 'Webhook',
        webhook: { url: deskUrl, signingSecretFrom: { env: 'DESK_SECRET' } },
      },
      { name: 'room', type: 'Slack', slack: { urlFrom: { env: 'ROOM_URL' } } },
    ],
  };
}

function start(desk: Receiver, room: Receiver, flags: readonly string[]): Promise<Rig<Fixture>> {
  return startRig<Fixture>({
    server: () => startModern(),
    specs: [spec(desk.url)],
    clockSkewSeconds: 0,
    claims: { person: 'email' },
    env: { DESK_SECRET: SECRET, ROOM_URL: room.url },
    start: { flags },
  });
}

async function ask(
  rig: Rig<Fixture>,
): Promise<{ readonly id: string; readonly over: Promise<unknown> }> {
  const token = await rig.token('alice');
  const over = send(rig.url, {
    method: 'POST',
    ...modern(token, callTool('refund', { card: CARD })),
  });
  over.catch(() => {});
  return { id: (await pending(rig)).id, over };
}

describe('notifications', () => {
  let desk: Receiver;
  let room: Receiver;
  let rig: Rig<Fixture>;

  before(async () => {
    // Away at first, as a receiver that is being updated.
    desk = await startReceiver((nth) => [nth <= 1 ? 503 : 204]);
    room = await startReceiver();
    rig = await start(desk, room, ['--allow-private-receivers', '--allow-plain-http']);
  });
  after(async () => {
    await rig?.close();
    await desk?.close();
    await room?.close();
  });

  it('bring a request, an attempt to decide about oneself, and the decision', async () => {
    const { id, over } = await ask(rig);
    expect((await decide(rig, { id, act: 'approve', sub: 'alice' })).body.code).to.equal(
      'requester',
    );
    expect((await decide(rig, { id, act: 'approve' })).status).to.equal(200);
    await over;

    const types = () => desk.received.map(({ body }): string => JSON.parse(body).type);
    for (const type of [
      'gatehouse.approval.requested',
      'gatehouse.alert.self_approval_attempt',
      'gatehouse.approval.decided',
    ]) {
      await until(type, () => types().includes(type));
    }
  });

  it('are tried again under the same id, and verify with the library of the specification', async () => {
    const [first] = desk.received;
    const again = () => desk.received.filter(({ body }) => body === first?.body);
    await until('the first is tried again', () => again().length === 2);

    expect(again().map(({ headers }) => headers['webhook-id'])).to.deep.equal([
      first?.headers['webhook-id'],
      first?.headers['webhook-id'],
    ]);
    for (const { body, headers } of desk.received) {
      expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).to.be.an(
        'object',
      );
    }
  });

  it('link to where the call is decided, and carry nothing of its arguments', async () => {
    const asked = await until('that a call waits', () =>
      room.received.map(({ body }) => body).find((body) => body.includes('waits')),
    );

    expect(asked).to.match(/"url":"[^"]*\/approvals\//);
    for (const { body } of [...room.received, ...desk.received]) expect(body).to.not.include(CARD);
    expect(rig.log()).to.not.include(SECRET);
  });

  it('and the alert are evidence', async () => {
    const records = await until('the alert is recorded', async () => {
      const all = await rig.records();
      return all.some(({ type }) => type === 'alert.raised') && all;
    });
    const alert = records.find(({ type }) => type === 'alert.raised');

    expect(alert?.detail).to.include({ event: 'SelfApprovalAttempt' });
    expect(alert?.detail?.told).to.deep.equal(['policy-0/desk', 'policy-0/room']);
  });
});

describe('a receiver at a private address', () => {
  it('is told nothing, and the dead letter is evidence; the call goes its way', async () => {
    const desk = await startReceiver();
    const room = await startReceiver();
    const rig = await start(desk, room, ['--allow-plain-http']);
    try {
      const { id, over } = await ask(rig);
      await decide(rig, { id, act: 'approve' });
      await over;
      const dead = await until('dead letters are recorded', async () => {
        const found = (await rig.records()).filter(({ type }) => type === 'notification.failed');
        return found.length >= 4 && found;
      });

      expect(dead[0]?.detail).to.include({ cause: 'private_address', tries: 1 });
      expect([...desk.received, ...room.received]).to.deep.equal([]);
    } finally {
      await rig.close();
      await desk.close();
      await room.close();
    }
  });
});
