import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import {
  approveNext,
  askingSpec,
  decide,
  pending,
  startAskingRig,
  storyOf,
  VERIFIED,
  verification,
} from './approving.ts';
import type { Rig, Spec } from './rig.ts';
import { modernClient } from './waiting-clients.ts';
import { callTool, type ModernRequest, messageOf, modern, type Rpc, send } from './wire.ts';

const URI = 'test://static-text';
const PROMPT = 'test_simple_prompt';
const ASK = { effect: 'RequireApproval', approval: 'finance' } as const;
const SPEC: Spec = {
  ...askingSpec({
    tools: ['slow'],
    beside: [
      { name: 'read', match: { resources: [URI] }, ...ASK },
      { name: 'prompt', match: { prompts: [PROMPT] }, ...ASK },
    ],
  }),
  limits: { requestsPerMinute: 3 },
};

describe('an approval of something else than a quick call of a tool', function () {
  this.timeout(60_000);
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startAskingRig({ era: 'modern', spec: SPEC });
  });
  after(() => rig?.close());

  const ask = async (asked: ModernRequest, sub?: string): Promise<Rpc> =>
    messageOf(await send(rig.url, modern(await rig.token(sub), asked)));

  const others: readonly { readonly what: string; readonly asked: ModernRequest }[] = [
    { what: 'a resource', asked: { method: 'resources/read', params: { uri: URI } } },
    { what: 'a prompt', asked: { method: 'prompts/get', params: { name: PROMPT } } },
  ];
  for (const { what, asked } of others) {
    it(`lets ${what} be read once it is given, and says no as an error when it is not`, async () => {
      const given = ask(asked);
      const { id, target } = await approveNext(rig);
      const refused = ask(asked, 'bob');
      const denied = await pending(rig);
      await decide(rig, { id: denied.id, act: 'deny' });

      const [answer, error] = [await given, (await refused).error];

      expect(answer.result?.resultType).to.equal('complete');
      expect(target.name).to.equal(asked.params?.uri ?? asked.params?.name);
      expect(error?.code).to.equal(-31010);
      expect(error?.message).to.include('journey: deny');
      expect((await storyOf(rig, id)).at(-1)).to.equal('consumed');
    });
  }

  it('is asked for no more often than calls may be made', async () => {
    const codes: (number | undefined)[] = [];
    for (let ms = 2; ms < 6; ms += 1) {
      const call = ask(callTool('slow', { ms }), 'bob');
      if (ms < 5) await decide(rig, { id: (await pending(rig)).id, act: 'deny' });
      codes.push((await call).error?.code);
    }

    expect(codes).to.deep.equal([undefined, undefined, undefined, -31003]);
  });

  it('leaves evidence that holds', async () => {
    expect(await verification(rig)).to.deep.equal(VERIFIED);
  });
});

describe('an approval', () => {
  it('is waited for longer than the server may take for a call', async () => {
    const spec = { ...SPEC, limits: { callSeconds: 3 } };
    const rig = await startAskingRig({ era: 'modern', holdSeconds: 6, spec });
    try {
      const client = await modernClient(rig.url, await rig.token());
      const started = performance.now();
      const call = client.call('slow', { ms: 1 });
      const { id } = await pending(rig);
      // The first leg is over: spec.limits.callSeconds has passed twice.
      await rig.concluded('tool:slow');
      await decide(rig, { id, act: 'approve' });

      const answer = await call;
      await client.close();

      expect(performance.now() - started).to.be.above(5900);
      expect(answer.text).to.equal('Waited 1 ms.');
      expect(await verification(rig)).to.deep.equal(VERIFIED);
    } finally {
      await rig.close();
    }
  });
});

describe('a policy that only observes', () => {
  it('asks nobody, lets the call through, and records that it would have asked', async () => {
    const spec = { ...askingSpec(), mode: 'Observe' } as const;
    const rig = await startAskingRig({ era: 'modern', spec });
    try {
      const asked = modern(await rig.token(), callTool('refund', { amount: 1 }));

      const answer = messageOf(await send(rig.url, asked));

      expect(answer.result?.content?.[0]?.text).to.equal('Refunded 1.');
      const [exchange] = await rig.concluded('tool:refund');
      expect(exchange?.intent.decision).to.include({
        effect: 'RequireApproval',
        rule: 'policy-0/refunds',
        observed: true,
      });
      const types = new Set((await rig.records()).map(({ type }) => type));
      expect([...types].filter((type) => type.startsWith('approval.'))).to.deep.equal([]);
    } finally {
      await rig.close();
    }
  });
});
