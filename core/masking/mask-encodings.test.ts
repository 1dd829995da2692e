// Values inside of other things: JSON in strings, base64, hexadecimal, and base64 content by policy.

import { expect } from 'chai';
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

const { email: EMAIL, github_token: TOKEN } = VALUES;
const PII: Entries[number] = { name: 'pii', detectors: ALL, action: 'Redact' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function text(said: string, ...entries: Entries): string {
  const masked = JSON.parse(maskedText(textAnswer(said), compiled(...entries)));
  return masked.result.content[0].text;
}

function blob(content: string, ...entries: Entries): string {
  const masked = maskedText(
    answer({ contents: [{ uri: 'a:b', blob: content }] }),
    compiled(...entries),
  );
  return JSON.parse(masked).result.contents[0].blob;
}

describe('JSON in a text', () => {
  const salary: Entries[number] = { name: 'pay', fields: ['**.salary'], action: 'Redact' };
  const cases: readonly { name: string; said: string; becomes: string }[] = [
    {
      name: 'that is all of it',
      said: ' {"salary": 1, "a":2}\n',
      becomes: ' {"salary": "[REDACTED:pay]", "a":2}\n',
    },
    {
      name: 'in the middle of prose',
      said: 'see {"salary":1}, ok',
      becomes: 'see {"salary":"[REDACTED:pay]"}, ok',
    },
    {
      name: 'one value a line',
      said: '{"salary":1}\n{"b":2}\n',
      becomes: '{"salary":"[REDACTED:pay]"}\n{"b":2}\n',
    },
    {
      name: 'in a fenced block',
      said: '```json\n{"salary":1}\n```',
      becomes: '```json\n{"salary":"[REDACTED:pay]"}\n```',
    },
    {
      name: 'that is a string again',
      said: JSON.stringify('{"salary":1}'),
      becomes: JSON.stringify('{"salary":"[REDACTED:pay]"}'),
    },
    {
      name: 'with keys of another spelling',
      said: '{"SAL-ary":{"of":[1]}}',
      becomes: '{"SAL-ary":"[REDACTED:pay]"}',
    },
    {
      name: 'with the same key twice',
      said: '{"salary":1,"salary":2}',
      becomes: '{"salary":"[REDACTED:pay]","salary":"[REDACTED:pay]"}',
    },
    { name: 'that is none', said: '{"salary":1', becomes: '{"salary":1' },
  ];
  for (const { name, said, becomes } of cases) {
    it(`is masked by its fields: ${name}`, () => {
      expect(text(said, salary)).to.equal(becomes);
    });
  }

  it('gives context to numbers, by the name beside a value too', () => {
    expect(text('{"ssn":"219099999"}', PII)).to.equal('{"ssn":"[REDACTED:us_ssn]"}');
    expect(text('{"name":"ssn","value":"219099999"}', PII)).to.equal(
      '{"name":"ssn","value":"[REDACTED:us_ssn]"}',
    );
    expect(text('{"order":"219099999"}', PII)).to.equal('{"order":"219099999"}');
  });

  it('is searched as text where it is nested deeper than anybody writes it', () => {
    let said = JSON.stringify({ a: EMAIL });
    for (let depth = 0; depth < 6; depth += 1) said = JSON.stringify(said);

    expect(text(said, PII)).to.not.include(EMAIL);
  });
});

describe('encoded text', () => {
  const encoded: readonly { name: string; said: string }[] = [
    { name: 'base64', said: base64(`to ${EMAIL}, please`) },
    {
      name: 'base64url in a path',
      said: `/v1/${Buffer.from(`to ${EMAIL} ÿ?`).toString('base64url')}/x`,
    },
    {
      name: 'base64 in lines',
      said: base64(`to ${EMAIL}. `.repeat(9)).replaceAll(/.{76}/g, '$&\n'),
    },
    { name: 'base64 of base64', said: base64(`again: ${base64(`to ${EMAIL}, please`)}`) },
    { name: 'hexadecimal', said: Buffer.from(`to ${EMAIL}`).toString('hex') },
    { name: 'a data URI', said: `data:text/plain;base64,${base64(`to ${EMAIL}`)}` },
    { name: 'percent-encoding', said: encodeURIComponent(`to ${EMAIL}`) },
    {
      name: 'percent-encoding of percent-encoding',
      said: encodeURIComponent(encodeURIComponent(EMAIL)),
    },
    { name: 'escapes of HTML', said: EMAIL.replace('@', '&#x40;') },
  ];
  for (const { name, said } of encoded) {
    it(`is masked as a whole where it holds a value: ${name}`, () => {
      const masked = text(`before ${said} behind`, PII);

      expect(masked).to.match(/^before .*\[REDACTED:email\].* behind$/s);
      expect(
        Buffer.from(masked.replaceAll(/[^A-Za-z0-9+/]/g, ''), 'base64').toString(),
      ).to.not.include(EMAIL);
    });
  }

  it('is masked behind letters with which it begins as other text', () => {
    const said = base64('4111 1111 1111 1111');

    for (const letters of ['a', 'abc', 'SSS', 'MTE']) {
      expect(text(`${letters}${said}`, PII)).to.equal(`${letters}[REDACTED:credit_card]`);
    }
  });

  it('is left alone where it holds none', () => {
    for (const said of [
      base64('nothing to see here at all'),
      Buffer.from('nothing to see').toString('hex'),
    ]) {
      expect(text(said, PII)).to.equal(said);
    }
  });
});

describe('base64 content', () => {
  it('is masked where it is text, and stays base64', () => {
    const masked = blob(base64(`to ${EMAIL}, ü`), PII);

    expect(Buffer.from(masked, 'base64').toString()).to.equal('to [REDACTED:email], ü');
    expect(masked).to.match(/^[A-Za-z0-9+/]+={0,2}$/);
  });

  it('keeps every byte beside what is hidden, of what is no UTF-8 too', () => {
    const before = Buffer.from(
      '%PDF-1.7 a file that begins as text and goes on for longer than a glance ',
    );
    const bytes = Buffer.concat([
      before,
      Buffer.from([0xff, 0x00, 0x80, 0xe9]),
      Buffer.from(` ${EMAIL} `),
      Buffer.from([0xfe]),
    ]);

    const masked = Buffer.from(blob(bytes.toString('base64'), PII), 'base64');

    const at = bytes.indexOf(EMAIL);
    expect(masked.subarray(0, at)).to.deep.equal(bytes.subarray(0, at));
    expect(masked.toString('latin1')).to.include('[REDACTED:email]');
    expect(masked.subarray(-2)).to.deep.equal(bytes.subarray(-2));
  });

  it('keeps its alphabet and its padding', () => {
    const masked = blob(Buffer.from(`???>>> to ${EMAIL} ???>>>`).toString('base64url'), PII);

    expect(masked).to.match(/^[\w-]+$/);
    expect(masked).to.include('-');
    expect(Buffer.from(masked, 'base64url').toString()).to.equal(
      '???>>> to [REDACTED:email] ???>>>',
    );
  });

  it('is passed where the policy says so', () => {
    const content = base64(`to ${EMAIL}`);

    expect(blob(content, { ...PII, binary: 'Pass' })).to.equal(content);
  });

  it('is replaced whole where the policy says so, pictures too', () => {
    const picture = Buffer.from([
      0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 1, 2, 3,
    ]).toString('base64');
    const entry: Entries[number] = { ...PII, binary: 'Withhold' };

    expect(Buffer.from(blob(picture, entry), 'base64').toString()).to.equal('[REDACTED:pii]');
    const result = maskJson(
      answer({ content: [{ type: 'image', mimeType: 'image/png', data: picture }] }),
      compiled(entry),
    );
    expect(result.kind === 'masked' && result.redactions).to.deep.equal([
      { detector: 'pii', pointer: '/result/content/0/data', action: 'Redact', count: 1 },
    ]);
  });

  it('is no hiding place for a token in the clear, and stays base64', () => {
    expect(Buffer.from(blob(TOKEN, PII), 'base64').toString()).to.equal('[REDACTED:github_token]');
  });

  it('blocks like any text', () => {
    const text = answer({ contents: [{ uri: 'a:b', blob: base64(`to ${EMAIL}`) }] });

    expect(maskJson(text, compiled({ ...PII, action: 'Block' })).kind).to.equal('withheld');
  });
});

describe('numbers', () => {
  const masked = (written: string): string =>
    maskedText(`{"result":{"structuredContent":{"n":${written}}}}`, compiled(PII));

  for (const written of [
    '4111111111111111',
    '4.111111111111111e15',
    '4111111111111111.0',
    '-4111111111111111',
  ]) {
    it(`that are values become markers: ${written}`, () => {
      expect(masked(written)).to.include('"n":"[REDACTED:credit_card]"');
    });
  }

  for (const written of [
    '890.1300000000001',
    '1732780800000',
    '12345678901234567890',
    '3.141592653589793',
    '1e400',
  ]) {
    it(`that are quantities stay as they were written: ${written}`, () => {
      expect(masked(written)).to.include(`"n":${written}}`);
    });
  }
});
