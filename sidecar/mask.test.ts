import { expect } from 'chai';
import { prepareDraft } from '#core/evidence/draft.ts';
import { compileMasking } from '#core/masking/compile.ts';
import type { Message } from '#core/mcp/messages.ts';
import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import type { Snapshot } from './activation.ts';
import { mask, originOf } from './mask.ts';

type Entry = NonNullable<McpGatewayPolicySpec['masking']>[number];

const PII: Entry = { name: 'pii', detectors: ['email'], action: 'Redact' };
const EMAIL = 'ada@example.com';

/** All that masking looks at. */
function snapshot(entry: Entry, appliesMasking = true): Snapshot {
  const policy = {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name: 'p' },
    spec: { masking: [entry] },
  } as const;
  const { masking } = compileMasking([policy]);
  return { policy: { masking, appliesMasking }, maskingHash: () => '' } as unknown as Snapshot;
}

function said(value: object, direction: 'toServer' | 'toClient' = 'toClient') {
  const bytes = Buffer.from(JSON.stringify(value));
  return {
    bytes,
    value: JSON.parse(bytes.toString()),
    direction,
    origin: { kind: 'other' },
  } as const;
}

describe('the masking seam', () => {
  const message = said({ result: { a: EMAIL } });
  const call = said({ params: { arguments: { a: EMAIL } } }, 'toServer');

  it('masks what goes to the client, and records the same', () => {
    const masked = mask(message, snapshot(PII));

    expect(masked.kind === 'masked' && Buffer.from(masked.bytes).toString()).to.equal(
      '{"result":{"a":"[REDACTED:email]"}}',
    );
    expect(masked.kind === 'masked' && masked.recorded).to.equal(
      masked.kind === 'masked' && masked.bytes,
    );
  });

  it('sends the server what was said, and records it masked', () => {
    const masked = mask(call, snapshot(PII));

    expect(masked.kind === 'masked' && masked.bytes).to.equal(call.bytes);
    expect(
      masked.kind === 'masked' && Buffer.from(masked.recorded ?? []).toString(),
    ).to.not.include(EMAIL);
  });

  it('says nothing of masking where there is nothing to say', () => {
    expect(mask(said({ result: {} }), snapshot(PII))).to.not.have.property('masking');
  });

  it('changes nothing while observing, and records it masked', () => {
    const masked = mask(message, snapshot(PII, false));

    expect(masked.kind === 'masked' && masked.bytes).to.equal(message.bytes);
    expect(
      masked.kind === 'masked' && Buffer.from(masked.recorded ?? []).toString(),
    ).to.not.include(EMAIL);
    expect(masked.masking).to.include({ observed: true });
  });

  it('refuses what a rule blocks, with a reason that names the rule and nothing of the message', () => {
    const masked = mask(call, snapshot({ ...PII, action: 'Block' }));

    expect(masked).to.deep.include({
      kind: 'withheld',
      refusal: {
        code: 'content_withheld',
        reason: 'the message holds what the masking rule email blocks',
      },
    });
  });

  it('lets go, while observing, what a rule blocks; nothing of it is recorded', () => {
    const masked = mask(call, snapshot({ ...PII, action: 'Block' }, false));

    expect(masked.kind === 'masked' && masked.bytes).to.equal(call.bytes);
    expect(masked).to.not.have.property('recorded');
    expect(masked.masking).to.include({ withheld: 'blocked', observed: true });
  });

  it('tells of any number of redactions in one record, and of odd keys', () => {
    const rows = Object.fromEntries(
      Array.from({ length: 2000 }, (_, at) => [
        `${'\\u0000'.repeat(200)}${'\u{1f600}'.repeat(60)}${at}`,
        EMAIL,
      ]),
    );

    const { masking } = mask(said({ result: { structuredContent: rows } }), snapshot(PII));

    const total = masking?.redactions.reduce((sum, { count }) => sum + count, 0);
    expect(total).to.equal(2000);
    expect(masking?.redactions.length).to.be.below(40);
    const ts = '2026-01-01T00:00:00.000000Z';
    expect(() =>
      prepareDraft({ type: 'outcome', ts, ...(masking ? { masking } : {}) }),
    ).to.not.throw();
  });

  const request = { kind: 'request', id: 1, method: 'x', params: {} } as const;
  const origins: readonly { name: string; message: Message | undefined; kind: string }[] = [
    { name: 'a call', message: { ...request, target: { kind: 'tool', name: 'a' } }, kind: 'tool' },
    {
      name: 'another request',
      message: { ...request, target: { kind: 'prompt', name: 'a' } },
      kind: 'other',
    },
    {
      name: 'a request about a task, which may be of any tool',
      message: { ...request, target: { kind: 'task', name: 'a' } },
      kind: 'unknown',
    },
    {
      name: 'an answer of a client',
      message: { kind: 'response', body: { result: {} } },
      kind: 'unknown',
    },
    { name: 'a stream of its own', message: undefined, kind: 'unknown' },
  ];
  for (const { name, message: of, kind } of origins) {
    it(`takes ${name} for a message of ${kind}`, () => {
      expect(originOf(of).kind).to.equal(kind);
    });
  }
});
