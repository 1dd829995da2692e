// Masking by action: what is left of a value, and what is told of it.

import { expect } from 'chai';
import type { JsonValue } from '#core/mcp/messages.ts';
import {
  ALL,
  answer,
  compiled,
  type Entries,
  maskedText,
  maskJson,
  textAnswer,
  VALUES,
} from './masking.testkit.ts';

type Action = Entries[number]['action'];

const { email: EMAIL, credit_card: CARD, us_ssn: SSN } = VALUES;

function pii(action: Action = 'Redact'): Entries[number] {
  return { name: 'pii', detectors: ALL, action };
}

function request(method: string, params: JsonValue): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 7, method, params });
}

describe('actions', () => {
  const said = `pay ${CARD} for ${SSN}, thanks`;
  const outcomes: readonly { action: Action; becomes: RegExp }[] = [
    { action: 'Redact', becomes: /^pay \[REDACTED:credit_card\] for \[REDACTED:us_ssn\], thanks$/ },
    { action: 'Partial', becomes: /^pay \*{4}1111 for \*{4}1120, thanks$/ },
    { action: 'Hash', becomes: /^pay tok_v1_[0-9a-f]{24} for tok_v1_[0-9a-f]{24}, thanks$/ },
    { action: 'Drop', becomes: /^pay {2}for , thanks$/ },
  ];
  for (const { action, becomes } of outcomes) {
    it(`${action} leaves of a text what it says`, () => {
      const masked = JSON.parse(maskedText(textAnswer(said), compiled(pii(action))));

      expect(masked.result.content[0].text).to.match(becomes);
    });
  }

  it('Block withholds the message and names the rule, the place and no value', () => {
    const result = maskJson(textAnswer(said), compiled(pii('Block')));

    expect(result).to.deep.include({
      kind: 'withheld',
      because: 'blocked',
      redaction: {
        detector: 'credit_card',
        pointer: '/result/content/0/text',
        action: 'Block',
        count: 1,
      },
    });
    expect(JSON.stringify(result)).to.not.include('1111');
  });

  for (const direction of ['toServer', 'toClient'] as const) {
    it(`Block acts ${direction}`, () => {
      const text = request('tools/call', { name: 'a', arguments: { note: CARD } });

      expect(maskJson(text, compiled(pii('Block')), { direction }).kind).to.equal('withheld');
    });
  }

  it('Drop takes a field out of its object, and an item out of its list', () => {
    const drop = compiled({ name: 'pay', fields: ['**.salary', 'rows.*.iban'], action: 'Drop' });
    const content = {
      salary: 1,
      rows: [
        { iban: 'x', a: 1 },
        { a: 2, iban: 'y' },
      ],
      sal_ary: [{}],
    };

    expect(maskedText(answer({ structuredContent: content }), drop)).to.equal(
      answer({ structuredContent: { rows: [{ a: 1 }, { a: 2 }] } }),
    );
  });

  it('Partial shows nothing of a credential', () => {
    const text = textAnswer(`${VALUES.github_token} and ${VALUES.jwt} and ${VALUES.aws_key}`);

    expect(maskedText(text, compiled(pii('Partial')))).to.equal(
      textAnswer('[REDACTED:github_token] and [REDACTED:jwt] and [REDACTED:aws_key]'),
    );
  });

  it('Hash gives equal values equal tokens, in text, in structured content and as a field', () => {
    const masking = compiled(pii('Hash'), { name: 'card', fields: ['**.card'], action: 'Hash' });
    const spelt = ['4111111111111111', '4111-1111-1111-1111', CARD];

    const masked = maskedText(
      answer({
        content: [{ type: 'text', text: spelt.join(', ') }],
        structuredContent: { card: spelt[1] ?? '', n: 4111111111111111 },
      }),
      masking,
    );

    const tokens = masked.match(/tok_v1_[0-9a-f]{24}/g) ?? [];
    expect(tokens).to.have.length(5);
    expect(new Set(tokens).size).to.equal(1);
  });

  it('of which the strongest holds where several meet, whatever their order', () => {
    const entries: Entries = [
      { name: 'note', fields: ['**.note'], action: 'Partial' },
      { name: 'pii', detectors: ['email'], action: 'Redact' },
      { name: 'mail', patterns: ['[a-z.]+@example\\.com'], action: 'Hash' },
    ];
    const text = answer({ structuredContent: { note: EMAIL, other: EMAIL } });

    for (const ordered of [entries, entries.toReversed()]) {
      expect(maskedText(text, compiled(...ordered))).to.equal(
        answer({ structuredContent: { note: '[REDACTED:email]', other: '[REDACTED:email]' } }),
      );
    }
  });

  it('Drop leaves nothing behind that becomes a value by its going', () => {
    const text = textAnswer('078-05 4111 1111 1111 1111 -1120');

    const masked = maskedText(text, compiled(pii('Drop')));

    expect(masked).to.not.match(/[0-9]{4}/);
  });
});

describe('redactions', () => {
  it('say what was found where and how often, and no value', () => {
    const text = answer({
      content: [{ type: 'text', text: `${EMAIL}, ${CARD}, ${EMAIL}` }],
      structuredContent: { 'a/b': { '~': EMAIL } },
    });

    const result = maskJson(text, compiled(pii()));

    expect(result.kind === 'masked' && result.redactions).to.deep.equal([
      { detector: 'email', pointer: '/result/content/0/text', action: 'Redact', count: 2 },
      { detector: 'credit_card', pointer: '/result/content/0/text', action: 'Redact', count: 1 },
      {
        detector: 'email',
        pointer: '/result/structuredContent/a~1b/~0',
        action: 'Redact',
        count: 1,
      },
    ]);
  });

  it('name a masked key as it is masked', () => {
    const text = answer({ structuredContent: { [EMAIL]: { ssn: SSN } } });

    const result = maskJson(text, compiled(pii()));

    expect(JSON.stringify(result.kind === 'masked' && result.redactions)).to.not.include(EMAIL);
  });

  it('are bounded in number and length, and count everything', () => {
    const rows = Array.from({ length: 1000 }, () => EMAIL);
    const result = maskJson(
      answer({ structuredContent: { ['k'.repeat(5000)]: { deep: rows }, rows } }),
      compiled(pii()),
    );

    const redactions = result.kind === 'masked' ? result.redactions : [];
    expect(redactions.length).to.be.below(300);
    expect(Math.max(...redactions.map(({ pointer }) => pointer.length))).to.be.below(520);
    expect(redactions.reduce((sum, { count }) => sum + count, 0)).to.equal(2000);
  });
});
