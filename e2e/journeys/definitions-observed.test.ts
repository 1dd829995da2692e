import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import { ERAS, type Talk } from './eras.ts';
import { type Rig, type Spec, startRig } from './rig.ts';

const WRONG = `sha256:${'0'.repeat(64)}`;

function specOf(tools: Spec['tools'], mode: 'Enforce' | 'Observe' = 'Enforce'): Spec {
  return {
    mode,
    rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }],
    ...(tools === undefined ? {} : { tools }),
  };
}

// `spec.tools.pinning` says who is stopped by a changed definition: with Observe and Disabled, nobody.
for (const { era, server, talk } of ERAS) {
  describe(`tool definitions that no policy enforces, in the ${era} era`, () => {
    let rig: Rig<Fixture>;
    let client: Talk;
    before(async () => {
      rig = await startRig({ server, specs: [specOf({ pinning: 'Observe' })] });
      client = await talk(rig.url, await rig.token());
    });
    after(() => rig.close());

    let read = 0;
    const changes = async () => {
      const all = (await rig.records()).filter(({ type }) => type === 'catalog.changed');
      const fresh = all.slice(read).map(({ detail }) => detail ?? {});
      read = all.length;
      return fresh;
    };
    const works = async (): Promise<void> => {
      expect(await client.list()).to.include('echo');
      const answer = await client.call('echo', { message: 'hi' });
      expect(answer.result?.content?.[0]?.text).to.equal('hi');
    };

    it('are recorded when they change, once, and stop nobody', async () => {
      await works();
      const unchanged = await changes();
      rig.server.redefine('echo', 'Says something else.');

      await works();
      await works();

      const [change, ...more] = await changes();
      expect(unchanged.concat(more)).to.deep.equal([]);
      expect(change).to.include({ tool: 'echo', effect: 'observed' });
      expect(change?.previous)
        .to.match(/^sha256:/)
        .and.not.equal(change?.seen);
      expect(rig.log()).to.include('tool definition changed');
    });

    it('are recorded where they differ from a pin, and stop nobody', async () => {
      const pins = [{ name: 'echo', digest: WRONG }];
      await rig.activate(specOf({ pinning: 'Observe', pins }));

      await works();

      expect(await changes()).to.have.length(1);
    });

    it('are recorded as they would be quarantined while the policy observes', async () => {
      const pins = [{ name: 'echo', digest: WRONG }];
      await rig.activate(specOf({ pinning: 'Enforce', pins }, 'Observe'));

      await works();

      const found = (await changes()).find(({ tool }) => tool === 'add');
      expect(found).to.include({ effect: 'observed', rule: 'policy-0/spec.tools.pins' });
      const call = (await rig.concluded('tool:echo')).at(-1);
      expect(call?.intent.decision).to.include({ effect: 'Deny', observed: true });
      expect(call?.outcome?.outcome?.status).to.equal('ok');
    });

    it('may change as they like where nobody pins or watches', async () => {
      await rig.activate(specOf({ pinning: 'Disabled' }));
      await works();
      await changes();
      rig.server.redefine('echo', 'Says yet another thing.');

      await works();

      expect(await changes()).to.deep.equal([]);
    });
  });
}
