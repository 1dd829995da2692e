import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Gatehouse } from '#e2e/servers/gatehouse.ts';
import { APPROVAL_AUDIENCE } from './approving.ts';
import { textOf } from './desk.ts';
import { call, type Replicas, recordsIn, startReplicas, verify, waiting } from './replicas.ts';
import { samplesOf } from './scrape.ts';
import { until } from './until.ts';

const GLASS = { approval: { breakGlass: { groups: ['support'] } } };
const WHY = ['--reason', 'payments are down'];

// Issue 6, point 5: in an emergency a call goes on without a decision, by name, with an alert and a review.
describe('broken glass, at two replicas that share a Redis,', function () {
  this.timeout(60_000);
  let pair: Replicas;
  let tokens = 0;

  beforeEach(async () => {
    pair = await startReplicas(45, [], GLASS);
  });

  afterEach(() => pair.close());

  const executions = () => pair.rig.server.journal.executions('refund');

  async function cli(at: Gatehouse, sub: string, ...words: readonly string[]) {
    tokens += 1;
    const file = join(pair.rig.directory, `token-${tokens}`);
    await writeFile(file, await pair.rig.token(sub, { audience: APPROVAL_AUDIENCE }), {
      mode: 0o600,
    });
    return pair.rig.cli('approvals', ...words, '--url', at.adminUrl, '--token-file', file);
  }

  it('lets a call go on that waits at the other, and is reviewed by somebody else', async () => {
    const answer = call(pair, pair.one, 'refund', { amount: 50.5 });
    const { id } = await waiting(pair, pair.two);

    const broken = await cli(pair.two, 'bob', 'break-glass', id, ...WHY);
    expect(broken.code).to.equal(0);
    expect(textOf(await answer)).to.equal('Refunded 50.5.');
    expect(executions()).to.equal(1);

    await until('the alert', async () =>
      /"msg":"alert","event":"BreakGlass"/.test(pair.two.child.output),
    );
    const metrics = await (await fetch(`${pair.two.adminUrl}/metrics`)).text();
    expect(samplesOf(metrics).get('gatehouse_alerts_total{event="BreakGlass"}')).to.equal(1);

    expect((await cli(pair.one, 'carol', 'reviews')).stdout).to.match(/payments are down/);
    const own = await cli(pair.one, 'bob', 'review', id, '--verdict', 'justified', ...WHY);
    expect(own.stderr).to.match(/\(broke_it\)/);
    const review = await cli(pair.one, 'carol', 'review', id, '--verdict', 'justified', ...WHY);
    expect(review.code).to.equal(0);
    expect((await cli(pair.two, 'carol', 'reviews')).stdout).to.match(/no broken glass/);

    await pair.one.close();
    await pair.two.close();
    const story = (await recordsIn(pair))
      .filter(({ approval }) => approval?.id === id && approval.refusal === undefined)
      .map(({ type }) => type.slice('approval.'.length));
    expect(new Set(story)).to.deep.equal(
      new Set(['requested', 'glass_broken', 'consumed', 'glass_reviewed']),
    );
    expect(await verify(pair)).to.deep.include({ code: 0, verdict: 'verified', problems: [] });
  });

  it('is not for approvers, nor for requesters, whom the policy does not name', async () => {
    const answer = call(pair, pair.one, 'refund', { amount: 60 });
    const { id } = await waiting(pair, pair.two);

    for (const sub of ['carol', 'alice']) {
      const refused = await cli(pair.two, sub, 'break-glass', id, ...WHY);
      expect(refused.stderr).to.match(/\(glass_not_yours\)/);
    }

    await cli(pair.one, 'carol', 'deny', id, ...WHY);
    expect((await answer).result?.isError).to.equal(true);
    expect(executions()).to.equal(0);
  });
});
