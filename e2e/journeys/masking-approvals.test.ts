import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import { askingSpec, startAskingRig } from './approving.ts';
import { filesIn, Secrets } from './leaks.ts';
import { leaksOf } from './planted.ts';
import type { Rig } from './rig.ts';
import { card, plantAll } from './sensitive-values.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

// Promise 6, where people are asked: what they see and what is kept for them is masked, too.
describe('masking of a call that waits', () => {
  const secrets = new Secrets();
  let rig: Rig<Fixture>;
  before(async () => {
    const masking = [
      {
        name: 'pii',
        detectors: [
          'email',
          'credit_card',
          'iban',
          'us_ssn',
          'private_key',
          'ip',
          'jwt',
          'aws_key',
          'github_token',
        ],
        action: 'Redact',
      },
    ] as const;
    rig = await startAskingRig({
      era: 'modern',
      holdSeconds: 1,
      spec: { ...askingSpec(), masking, evidence: { record: 'Full' } },
    });
  });
  after(() => rig?.close());

  it('leaves no value in what is kept of the request, on the disk or in the record', async () => {
    const customer = plantAll(secrets, 'an argument');
    secrets.add('a card', card());

    const said = messageOf(
      await send(rig.url, modern(await rig.token(), callTool('refund', { amount: 30, customer }))),
    );

    expect(said.result).to.include({ resultType: 'input_required' });
    const journal = [...(await filesIn(rig.data))].filter(([path]) => path.startsWith('approvals'));
    const kept = journal.map(([, bytes]) => bytes.toString()).join();
    expect(kept).to.include('[REDACTED:email]');
    expect(kept).to.include('30');
    expect(rig.server.journal.executions('refund')).to.equal(0);
    expect(await leaksOf(rig, secrets)).to.deep.equal([]);
  });
});
