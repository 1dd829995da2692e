import { expect } from 'chai';
import { prepareDraft } from '#core/evidence/draft.ts';
import type { Principal } from '#core/identity/principal.ts';
import { ANONYMOUS } from './authenticate.ts';
import { recordedMessage, recordedPrincipal, recordedTarget } from './recorded.ts';

const SIGHTING = { direction: 'toServer', revision: '2025-11-25', sizeBytes: 1 } as const;
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
      );
      const who: Principal = { ...ANONYMOUS, subject: text, clientId: text };

      const draft = { type: 'intent', ts: TS, message, principal: recordedPrincipal(who) } as const;

      expect(() => prepareDraft(draft)).to.not.throw();
    });
  }
});
