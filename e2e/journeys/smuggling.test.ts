import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, startRig } from './rig.ts';
import {
  call,
  MAX_BODY_BYTES,
  MAX_DEPTH,
  nested,
  type Smuggled,
  smuggledBodies,
} from './smuggled-bodies.ts';
import { callTool, messageOf, modern, type Sent, send } from './wire.ts';

// Promise 1: nothing that two readers could read in two ways is forwarded.
describe('a body that a server could read differently', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({
      server: startModern,
      specs: [
        {
          rules: [{ name: 'count', effect: 'Allow', match: { tools: ['counter'] } }],
          limits: { maxBodyBytes: MAX_BODY_BYTES, maxDepth: MAX_DEPTH },
        },
      ],
    });
  });
  after(() => rig.close());

  it('differs from one that passes by nothing but what is wrong with it', async () => {
    const body = call('', nested(MAX_DEPTH - 3));

    const answer = await send(rig.url, await sent({ body }));

    expect(messageOf(answer).result?.content?.[0]?.text).to.equal('1');
  });

  for (const smuggled of smuggledBodies) {
    it(`never reaches it: ${smuggled.name}`, async () => {
      const before = rig.server.journal.read().requests.length;

      const answer = await send(rig.url, await sent(smuggled));

      const { error } = messageOf(answer);
      expect({ status: answer.status, code: error?.code }).to.deep.equal({
        status: smuggled.status,
        code: smuggled.code,
      });
      expect(error?.message).to.match(smuggled.says);
      expect(rig.server.journal.read().requests.length).to.equal(before);
    });
  }

  it('never reaches it: one that does not say how long it is, and is too long', async () => {
    const before = rig.server.journal.read().requests.length;
    const body = Buffer.alloc(MAX_BODY_BYTES + 1, ' ');

    const answer = await send(rig.url, { ...(await sent({ body })), chunked: true });

    expect(answer.status, answer.text).to.equal(413);
    expect(rig.server.journal.read().requests.length).to.equal(before);
  });

  it('is recorded as refused, with the reason and none of its content', async () => {
    await send(rig.url, await sent({ body: call('"name":"delete_everything",') }));

    const records = await rig.records();
    const refused = records.filter(({ type }) => type === 'message.refused').at(-1);
    expect(refused?.principal?.subject).to.equal('alice');
    expect(refused?.outcome).to.include({ status: 'refused', refusal: 'json_invalid' });
    expect(JSON.stringify(refused)).to.not.include('delete_everything');
  });

  async function sent({
    body,
    contentType,
    encoding,
  }: Pick<Smuggled, 'body' | 'contentType' | 'encoding'>): Promise<Sent> {
    const token = await rig.token();
    const { headers } = modern(token, callTool('counter'));
    const others = headers.filter(([name]) => name !== 'content-type');
    const type = contentType === undefined ? 'application/json' : contentType;
    return {
      body,
      headers: [
        ...others,
        ...(type === null ? [] : [['content-type', type] as const]),
        ...(encoding === undefined ? [] : [['content-encoding', encoding] as const]),
      ],
    };
  }
});
