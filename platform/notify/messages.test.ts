import { expect } from 'chai';
import type { Notice } from '#core/notifications/notice.ts';
import { slackBody, webhookBody } from './messages.ts';

const NOTICE: Notice = {
  event: 'ApprovalRequested',
  ts: '2026-03-01T12:00:00.000000Z',
  record: 'lane-1#7',
  principal: { issuer: 'https://idp.example', subject: '<!channel> *alice*' },
  approval: { id: 'a1', state: 'PENDING', rule: 'payments/refunds', target: 'tool:refund' },
  facts: {},
};
const URL = 'https://desk.example/approvals/a1';

describe('the body of a signed webhook', () => {
  it('says what, when, who, and where to decide', () => {
    expect(JSON.parse(webhookBody(NOTICE, URL))).to.deep.equal({
      type: 'gatehouse.approval.requested',
      timestamp: NOTICE.ts,
      data: {
        record: 'lane-1#7',
        principal: NOTICE.principal,
        approval: NOTICE.approval,
        url: URL,
      },
    });
  });
});

describe('a message in Slack', () => {
  const { text, blocks } = JSON.parse(slackBody(NOTICE, URL));

  it('links to the page where the call is decided', () => {
    expect(blocks.at(-1).elements[0]).to.include({ type: 'button', url: URL });
  });

  it('has what peers named as plain text alone, so that no name calls a channel', () => {
    expect(text).to.equal('A call waits for approval');
    expect(blocks[1].text.type).to.equal('plain_text');
    expect(blocks[1].text.text).to.include('<!channel> *alice*');
  });

  it('is no longer than Slack takes', () => {
    const long = { ...NOTICE, facts: { why: 'x'.repeat(10_000) } };

    expect(JSON.parse(slackBody(long, undefined)).blocks[1].text.text.length).to.be.below(3000);
  });
});
