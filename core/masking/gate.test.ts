// The gate may let through what holds nothing; it must never keep from the scan what holds something.

import { expect } from 'chai';
import fc from 'fast-check';
import type { CompiledMasking } from './compile.ts';
import { mayHide } from './gate.ts';
import { type MaskResult, maskMessage } from './mask.ts';
import {
  ALL,
  answer,
  compiled,
  type Entries,
  hmac,
  maskJson,
  textAnswer,
  VALUES,
} from './masking.testkit.ts';
import { message, writings } from './messages.testkit.ts';

const ORIGIN = { kind: 'unknown' } as const;
const PII: Entries[number] = { name: 'pii', detectors: ALL, action: 'Redact' };
const SALARY: Entries[number] = {
  name: 'salary',
  fields: ['**.salary', 'customer.*.value', '**.a b'],
  action: 'Redact',
};

function says(text: string, masking: CompiledMasking): boolean {
  const plan = masking.planFor('toClient', ORIGIN);
  return plan !== undefined && mayHide(new TextEncoder().encode(text), plan.needs);
}

/** What masking makes of a message when every string is scanned. */
function scanned(text: string, masking: CompiledMasking): MaskResult | undefined {
  const plan = masking.planFor('toClient', ORIGIN);
  if (plan === undefined) return undefined;
  const open = { ...plan, needs: { ...plan.needs, always: true } };
  const bytes = new TextEncoder().encode(text);
  return maskMessage(
    { bytes, value: JSON.parse(text), direction: 'toClient', origin: ORIGIN },
    { planFor: () => open },
    hmac,
  );
}

function finds(text: string, masking: CompiledMasking): boolean {
  const result = scanned(text, masking);
  return result !== undefined && (result.kind === 'withheld' || result.redactions.length > 0);
}

describe('the gate', () => {
  const policies: readonly { name: string; entries: Entries }[] = [
    { name: 'every detector', entries: [PII] },
    { name: 'fields', entries: [SALARY] },
    { name: 'both', entries: [PII, SALARY] },
    ...ALL.map((detector) => ({
      name: detector,
      entries: [{ name: 'one', detectors: [detector], action: 'Redact' as const }],
    })),
  ];
  for (const { name, entries } of policies) {
    it(`never says no where the scan for ${name} finds something`, function () {
      this.timeout(60_000);
      const masking = compiled(...entries);

      fc.assert(
        fc.property(message.chain(writings), (text) => {
          if (!says(text, masking)) expect(finds(text, masking), text).to.equal(false);
        }),
        { numRuns: name === 'both' ? 3000 : 500 },
      );
    });
  }

  it('lets no string of a message go unscanned that holds something', function () {
    this.timeout(60_000);
    const masking = compiled(PII, SALARY);

    fc.assert(
      fc.property(message.chain(writings), (text) => {
        expect(maskJson(text, masking)).to.deep.equal(scanned(text, masking));
      }),
      { numRuns: 2000 },
    );
  });

  for (const [name, value] of Object.entries(VALUES)) {
    it(`says yes to a message with ${name}`, () => {
      const masking = compiled(PII);

      expect(says(textAnswer(`it is ${value}.`), masking)).to.equal(true);
    });
  }

  const clean: readonly { name: string; text: string }[] = [
    { name: 'prose', text: 'The order of Tuesday was sent, 3 boxes, 12.50 each; see page 4.' },
    {
      name: 'times and ids',
      text: '2026-11-28T10:15:00.123Z 3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    },
    {
      name: 'hashes',
      text: 'd41d8cd98f00b204e9800998ecf8427e da39a3ee5e6b4b0d3255bfef95601890afd80709',
    },
    { name: 'logs', text: 'INFO [main] started in 1234 ms (version 1.2.3)\nWARN pool=3/10' },
    { name: 'code', text: "const a = b['c'] ?? d[1]; // {x: 1}" },
  ];
  for (const { name, text } of clean) {
    it(`says no to ${name}, so that most messages cost one reading`, () => {
      expect(says(textAnswer(text), compiled(PII, SALARY))).to.equal(false);
      expect(says(answer({ structuredContent: { text, n: 12345 } }), compiled(PII))).to.equal(
        false,
      );
    });
  }
});
