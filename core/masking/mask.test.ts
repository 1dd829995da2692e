// What cannot be masked does not leave.

import { expect } from 'chai';
import { maskMessage } from './mask.ts';
import {
  ALL,
  compiled,
  type Entries,
  hmac,
  maskJson,
  textAnswer,
  VALUES,
} from './masking.testkit.ts';

type Action = Entries[number]['action'];

const { email: EMAIL } = VALUES;

function pii(action: Action = 'Redact'): Entries[number] {
  return { name: 'pii', detectors: ALL, action };
}

describe('a message that cannot be masked', () => {
  const broken: readonly { name: string; bytes: Uint8Array }[] = [
    { name: 'no UTF-8', bytes: Uint8Array.of(0x22, 0xff, 0x22) },
    { name: 'cut short', bytes: new TextEncoder().encode(`{"a":"${EMAIL}"`) },
    {
      name: 'nested without end',
      bytes: new TextEncoder().encode(`${'['.repeat(5000)}"${EMAIL}"${']'.repeat(5000)}`),
    },
  ];
  for (const { name, bytes } of broken) {
    it(`is withheld: ${name}`, () => {
      const result = maskMessage(
        { bytes, value: {}, direction: 'toClient', origin: { kind: 'other' } },
        compiled(pii()),
        hmac,
      );

      expect(result).to.deep.equal({
        kind: 'withheld',
        because: 'failed',
        reason: 'the message could not be masked',
      });
    });
  }

  it('is withheld when the keyed hash fails, and says nothing of the fault', () => {
    const bytes = new TextEncoder().encode(textAnswer(EMAIL));

    const result = maskMessage(
      { bytes, value: {}, direction: 'toClient', origin: { kind: 'other' } },
      compiled(pii('Hash')),
      () => {
        throw new Error(EMAIL);
      },
    );

    expect(result).to.include({ kind: 'withheld', because: 'failed' });
    expect(JSON.stringify(result)).to.not.include(EMAIL);
  });

  it('is withheld when a pattern of the policy takes more steps than there are', () => {
    const masking = compiled({ name: 'slow', patterns: ['(a?){400}a{400}b'], action: 'Redact' });

    const result = maskJson(textAnswer('a'.repeat(50_000)), masking);

    expect(result).to.include({ kind: 'withheld', because: 'failed' });
  });
});
