import { expect } from 'chai';
import { CUSTOMER } from '#e2e/servers/content/demo-tools.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { LegacySession, toolCall } from './legacy-session.ts';
import { recordingKeyOf, timelineOf } from './recordings.ts';
import { type Rig, startRig } from './rig.ts';

// The server keeps its answers as they were, and says them again to whoever comes back.
describe('masking of what is said again to a client that resumes', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({
      server: () => startLegacy(),
      specs: [
        {
          evidence: { record: 'Full' },
          rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }],
          masking: [
            {
              name: 'pii',
              detectors: ['email', 'credit_card', 'us_ssn'],
              action: 'Redact',
              tools: ['customer'],
            },
          ],
        },
      ],
    });
  });
  after(() => rig?.close());

  it('hides the same as the first time, by the rules of the tool that was called', async () => {
    const session = await LegacySession.open(rig.url, await rig.token());
    const first = await session.stream(toolCall(7, 'customer', { id: 'c1' }));
    const answer = await first.answer(7);
    await first.end();

    const again = await session.listen(first.events[0]?.id);
    const repeated = await again.answer(7);
    again.close();

    expect(repeated).to.deep.equal(answer);
    const told = JSON.stringify([
      answer,
      repeated,
      await timelineOf(rig, 'alice', recordingKeyOf(rig)),
    ]);
    for (const value of Object.values(CUSTOMER)) expect(told).to.not.include(value);
    const redelivery = (await rig.records()).find(({ type }) => type === 'redelivery');
    expect(redelivery?.masking?.redactions.length).to.be.greaterThan(0);
  });
});
