import { expect } from 'chai';
import { prepareDraft } from '#core/evidence/draft.ts';
import type { Principal } from '#core/identity/principal.ts';
import { compileMasking } from '#core/masking/compile.ts';
import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import type { Snapshot } from './activation.ts';
import { ANONYMOUS } from './authenticate.ts';
import { recordedMessage, recordedPrincipal, recordedTarget } from './recorded.ts';

const SIGHTING = { direction: 'toServer', revision: '2025-11-25', sizeBytes: 1 } as const;
/** All that is looked at of a snapshot. */
function masking(...entries: NonNullable<McpGatewayPolicySpec['masking']>): Snapshot {
  const apiVersion = 'gatehouse.dev/v1alpha1';
  const policy = { apiVersion, kind: 'McpGatewayPolicy', metadata: { name: 'p' } } as const;
  const { masking: compiled } = compileMasking([{ ...policy, spec: { masking: entries } }]);
  return { policy: { masking: compiled }, maskingHash: () => '' } as unknown as Snapshot;
}

const TS = '2026-01-01T00:00:00.000000Z';

describe('what a record repeats', () => {
  const uris: { uri: string; recorded: string }[] = [
    { uri: 'file:///a/b', recorded: 'resource:file:///a/b' },
    { uri: 'https://h/x?token=secret', recorded: 'resource:https://h/x?…' },
    { uri: 'https://h/x#secret', recorded: 'resource:https://h/x?…' },
    { uri: 'https://user:secret@h/x', recorded: 'resource:https://…@h/x' },
  ];
  for (const { uri, recorded } of uris) {
    it(`keeps of ${uri} only ${recorded}`, () => {
      expect(recordedTarget({ kind: 'resource', name: uri })).to.equal(recorded);
    });
  }

  it('masks the URI that a message names, as far as policy hides what is in it', () => {
    const uri = 'crm://customers/ada@example.com/078-05-1120';
    const read = {
      kind: 'request',
      id: 1,
      method: 'resources/read',
      params: { uri },
      target: { kind: 'resource', name: uri },
    } as const;

    const recorded = (action: 'Redact' | 'Block') =>
      recordedMessage(read, SIGHTING, masking({ name: 'pii', detectors: ['email'], action }))
        .target;

    expect(recorded('Redact')).to.equal('resource:crm://customers/[REDACTED:email]/078-05-1120');
    expect(recorded('Block')).to.equal('resource:(withheld)');
  });

  it('masks a method that MCP does not have, whoever invented it', () => {
    const snapshot = masking({ name: 'pii', detectors: ['email'], action: 'Redact' });
    const method = 'notifications/ada@example.com';

    const recorded = recordedMessage(
      { kind: 'notification', method, params: {} },
      SIGHTING,
      snapshot,
    );

    expect(recorded.method).to.equal('notifications/[REDACTED:email]');
  });

  const texts = ['\ud800', `${'x'.repeat(255)}\u{1f600}`, 'x'.repeat(100_000), '\u0000\n'];
  for (const text of texts) {
    it(`can always be recorded: ${JSON.stringify(text.slice(-4))}`, () => {
      const message = recordedMessage(
        {
          kind: 'request',
          id: text,
          method: text,
          params: {},
          target: { kind: 'tool', name: text },
        },
        SIGHTING,
        masking(),
      );
      const who: Principal = { ...ANONYMOUS, subject: text, clientId: text };

      const draft = { type: 'intent', ts: TS, message, principal: recordedPrincipal(who) } as const;

      expect(() => prepareDraft(draft)).to.not.throw();
    });
  }
});
