// Pods are replaced one by one while clients call: those that need no session notice nothing, those that have one
// hear that it is gone and open another, and every call that was taken has its outcome on record.

import { expect } from 'chai';
import { EVERYTHING_IMAGE } from '#e2e/cluster/images.ts';
import { LegacySession, toolCall } from '#e2e/journeys/legacy-session.ts';
import { kubectl, rolledOut } from './cluster.ts';
import { eventually } from './eventually.ts';
import { type Governed, startGoverned } from './governed.ts';
import { startLoad } from './load.ts';
import { podNames } from './server-pods.ts';
import { SERVER } from './stage.ts';
import { expectWhole, intentsOf } from './verifying.ts';

const DEPLOYMENT = `deployment/${SERVER}`;

describe('a rolling update under load', () => {
  describe('of a server without sessions', () => {
    let governed: Governed;

    before(async () => {
      governed = await startGoverned('rolling');
    });

    after(() => governed?.close());

    it('fails no call, and leaves each with its outcome', async () => {
      const load = await startLoad(governed);
      await eventually('calls that are answered', () => load.answered > 20);
      const before = await podNames(governed.namespace);

      await roll(governed.namespace);
      await eventually('the old pods gone', async () => {
        const now = await podNames(governed.namespace);
        return now.length === 2 && before.every((name) => !now.includes(name));
      });
      await load.stop();
      const records = await expectWhole(governed.namespace);
      process.stdout.write(
        `        ${load.answered} calls, slowest ${load.slowest} ms, ${load.failures.length} failed\n`,
      );

      expect([...new Set(load.failures)]).to.deep.equal([]);
      expect(intentsOf(records, 'echo')).to.have.length(load.answered);
      const sealed = records.filter(({ type }) => type === 'lane.close');
      expect(sealed).to.have.length(2);
    });
  });

  describe('of a server with sessions', () => {
    let governed: Governed;

    before(async () => {
      governed = await startGoverned('rolling-sessions', { image: EVERYTHING_IMAGE });
    });

    after(() => governed?.close());

    it('ends sessions with 404, and clients that open another go on', async () => {
      const { namespace, url } = governed;
      const token = await governed.token();
      const heard = { calls: 0, lost: 0, other: [] as string[] };
      let isOver = false;
      const calling = Array.from({ length: 3 }, async () => {
        let session = await LegacySession.open(url, token);
        for (let id = 1; !isOver; id += 1) {
          const answer = await session.post(toolCall(id, 'echo', { message: 'x' }));
          if (answer.status === 404) {
            heard.lost += 1;
            session = await LegacySession.open(url, token);
          } else if (answer.text.includes('Echo: x')) heard.calls += 1;
          else heard.other.push(`${answer.status} ${answer.text}`);
        }
      });
      await eventually('calls in sessions', () => heard.calls > 20);

      await roll(namespace);
      await eventually('sessions that were lost', () => heard.lost > 0);
      const before = heard.calls;
      await eventually('calls in new sessions', () => heard.calls > before + 20);
      isOver = true;
      await Promise.all(calling);
      const records = await expectWhole(namespace);

      expect(heard.other).to.deep.equal([]);
      expect(intentsOf(records, 'echo').length).to.be.at.least(heard.calls);
    });
  });
});

async function roll(namespace: string): Promise<void> {
  await kubectl('-n', namespace, 'rollout', 'restart', DEPLOYMENT);
  await rolledOut(namespace, DEPLOYMENT);
}
