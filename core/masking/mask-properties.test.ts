// What holds for every message: nothing beside a redaction changes, no value gets through in any
// spelling, masking what is masked changes nothing, and whatever comes in, nothing is thrown.

import { expect } from 'chai';
import fc from 'fast-check';
import type { JsonValue } from '#core/mcp/messages.ts';
import { maskMessage } from './mask.ts';
import { ALL, compiled, type Entries, hmac, maskedText, maskJson } from './masking.testkit.ts';
import { message, payload, spelt, writings } from './messages.testkit.ts';

const PII: Entries[number] = { name: 'pii', detectors: ALL, action: 'Redact' };
/** White space, punctuation, and each string, number and word by itself. */
function tokensOf(json: string): readonly string[] {
  return json.match(/"(?:[^"\\]|\\.)*"|[-+.\w]+|[^"]/gs) ?? [];
}

/** A marker, with the quotes that it has where a number was. */
const MARKER = /(?:\\*")?\[REDACTED:[a-z_]+\](?:\\*")?/;

/** What is left of a masked token stands in the original in this order, its ends at the ends. */
function isMaskedCopy(masked: string, original: string): boolean {
  const parts = masked.split(MARKER);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const found = index === 0 ? (original.startsWith(part) ? 0 : -1) : original.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return original.endsWith(parts.at(-1) ?? '') && (parts.length > 1 || masked === original);
}

describe('masking any message', () => {
  it('changes no byte beside what is redacted', function () {
    this.timeout(60_000);
    const masking = compiled({ ...PII, binary: 'Pass' });

    fc.assert(
      fc.property(message.chain(writings), (text) => {
        const masked = tokensOf(maskedText(text, masking));

        const before = tokensOf(text);
        expect(masked.length).to.equal(before.length);
        for (const [at, token] of masked.entries()) {
          if (token !== before[at] && !isMaskedCopy(token, before[at] ?? '')) {
            expect.fail(`${token} of ${before[at]}`);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('gives back the very bytes of a message that holds nothing', () => {
    const words = fc.array(fc.constantFrom('order', 'Größe', '3 boxes', '\t', '"', '😀', '/'));

    fc.assert(
      fc.property(words, (parts) => {
        const bytes = new TextEncoder().encode(JSON.stringify({ result: { content: parts } }));

        const result = maskMessage(
          {
            bytes,
            value: JSON.parse(new TextDecoder().decode(bytes)),
            direction: 'toClient',
            origin: { kind: 'unknown' },
          },
          compiled(PII),
          hmac,
        );

        expect(result.kind === 'masked' && result.bytes).to.equal(bytes);
        expect(result.kind === 'masked' && result.recorded).to.equal(bytes);
      }),
    );
  });

  it('lets no value through, in whatever spelling and wherever it stands', function () {
    this.timeout(60_000);
    const masking = compiled(PII);
    const places: readonly ((text: string) => JsonValue)[] = [
      (text) => ({ result: { content: [{ type: 'text', text }] } }),
      (text) => ({ result: { structuredContent: { deep: [{ er: text }] } } }),
      (text) => ({ result: { structuredContent: { [text]: 1 } } }),
      (text) => ({
        result: { content: [{ type: 'text', text: `say ${JSON.stringify({ a: [text] })}.` }] },
      }),
      (text) => ({ result: { contents: [{ uri: `x://${text}`, mimeType: 'text/plain', text }] } }),
      (text) => ({
        result: { contents: [{ uri: 'x://a', blob: Buffer.from(text).toString('base64') }] },
      }),
      (text) => ({ error: { code: 1, message: text, data: { text } } }),
      (text) => ({ method: 'notifications/progress', params: { progressToken: 1, message: text } }),
    ];
    const placed = fc.tuple(spelt, fc.constantFrom(...places));
    const written = placed.chain(([{ value, text }, place]) =>
      writings({ jsonrpc: '2.0', id: 1, ...(place(text) as object) }).map((json) => ({
        value,
        json,
      })),
    );

    fc.assert(
      fc.property(written, ({ value, json }) => {
        const masked = maskedText(json, masking);

        for (const form of formsOf(value)) expect(readable(masked)).to.not.include(form);
      }),
      { numRuns: 3000 },
    );
  });

  it('changes nothing of what is masked already', function () {
    this.timeout(60_000);
    // Not Partial: the digits that it leaves may form another number with those beside them.
    const actions = fc.constantFrom('Redact', 'Hash', 'Drop' as const);

    fc.assert(
      fc.property(message.chain(writings), actions, (text, action) => {
        const masking = compiled(
          { ...PII, action },
          { name: 'salary', fields: ['**.salary'], action },
        );
        const once = maskJson(text, masking);
        if (once.kind === 'withheld') return;
        const masked = new TextDecoder().decode(once.bytes);

        expect(maskedText(masked, masking)).to.equal(masked);
      }),
      { numRuns: 1500 },
    );
  });

  it('gives readable JSON of the same kind, whatever the action', () => {
    const actions = fc.constantFrom('Redact', 'Partial', 'Hash', 'Drop' as const);

    fc.assert(
      fc.property(payload, actions, (data, action) => {
        const text = JSON.stringify({
          jsonrpc: '2.0',
          method: 'notifications/message',
          params: { data },
        });
        const masking = compiled(
          { ...PII, action },
          { name: 'salary', fields: ['**.salary'], action },
        );
        const result = maskJson(text, masking);
        if (result.kind === 'withheld') return;

        const read = JSON.parse(new TextDecoder().decode(result.bytes));

        expect(read).to.include({ jsonrpc: '2.0', method: 'notifications/message' });
      }),
      { numRuns: 1000 },
    );
  });

  it('withholds and never throws, whatever bytes come in', () => {
    const masking = compiled({ ...PII, patterns: ['x+y'], binary: 'Withhold' });

    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), payload, (bytes, value) => {
        const result = maskMessage(
          { bytes, value, direction: 'toClient', origin: { kind: 'unknown' } },
          masking,
          hmac,
        );

        expect(result.kind).to.be.oneOf(['masked', 'withheld']);
        if (result.kind === 'masked') expect(result.bytes).to.satisfy(isText);
      }),
    );
  });
});

/** All strings that a reader of the message could see, the JSON among them opened. */
function readable(json: string): string {
  const opened = json.replaceAll(/\\u([0-9a-f]{4})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const plain = opened
    .replaceAll(/\\+(["/nrt])/g, '$1')
    .normalize('NFKC')
    .replaceAll('\u200b', '');
  return `${json} ${plain}`;
}

function formsOf(value: string): readonly string[] {
  const flat = value.replaceAll('\n', 'n');
  const base64 = [0, 1, 2].map((before) =>
    Buffer.from('x'.repeat(before) + value)
      .toString('base64')
      .slice(before === 0 ? 0 : 4, -4),
  );
  return [
    value,
    flat,
    encodeURIComponent(value),
    Buffer.from(value).toString('hex'),
    ...base64,
  ].filter((form) => form.length > 7);
}

function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
