// Each detector finds what it names and leaves alone what only looks like it.

import { expect } from 'chai';
import { awsKey } from './aws-key.ts';
import { AWS_SECRET, PEM, tables } from './cases.testkit.ts';
import { creditCard } from './credit-card.ts';
import type { Detector } from './detector.ts';
import { email } from './email.ts';
import { crc32, githubToken, hasChecksum } from './github-token.ts';
import { iban, isMod97, LENGTHS } from './iban.ts';
import { privateKey } from './private-key.ts';
import { usSsn } from './us-ssn.ts';

for (const { detector, finds, leaves } of tables) {
  describe(`detector ${detector.name}`, () => {
    for (const marked of finds) {
      it(`finds ${marked.slice(0, 70)}`, () => {
        const text = marked.replaceAll(/[«»]/g, '');

        const found = mark(text, detector);

        expect(found).to.equal(marked);
        expect(detector.prefilter(text)).to.equal(true);
      });
    }

    for (const text of leaves) {
      it(`leaves ${text.slice(0, 70)}`, () => {
        expect(mark(text, detector)).to.equal(text);
      });
    }
  });
}

describe('field names as context', () => {
  it('makes nine digits a social security number', () => {
    expect(usSsn.find('123456789', 'ssn')).to.have.length(1);
    expect(usSsn.find('123456789', 'customerSSN')).to.have.length(1);
    expect(usSsn.find('123456789', 'businessName')).to.have.length(0);
  });

  it('makes forty characters a secret access key', () => {
    expect(awsKey.find(AWS_SECRET, 'SecretAccessKey')).to.have.length(1);
    expect(awsKey.find(AWS_SECRET, 'etag')).to.have.length(0);
  });
});

describe('checksums', () => {
  it('CRC-32 gives the check value of its standard', () => {
    expect(crc32('123456789')).to.equal(0xcbf43926);
  });

  it('accepts a token of one letter only when its sum holds', () => {
    const body = 'x'.repeat(30);
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    let sum = crc32(body);
    let end = '';
    for (let at = 0; at < 6; at += 1) {
      end = alphabet.charAt(sum % 62) + end;
      sum = Math.floor(sum / 62);
    }

    expect(hasChecksum(body + end)).to.equal(true);
    expect(githubToken.find(`ghp_${body}${end}`, '')).to.have.length(1);
  });

  it('knows the length of every country of an IBAN', () => {
    for (const [country, length] of LENGTHS) {
      expect(country).to.match(/^[A-Z]{2}$/);
      expect(length).to.be.within(15, 34);
    }
    expect(isMod97('GB82WEST12345698765432')).to.equal(true);
  });
});

describe('canonical forms', () => {
  const cases: readonly { detector: Detector; one: string; other: string }[] = [
    { detector: creditCard, one: '4111 1111 1111 1111', other: '4111-1111-1111-1111' },
    { detector: usSsn, one: '078-05-1120', other: '078 05 1120' },
    { detector: iban, one: 'GB82 WEST 1234 5698 7654 32', other: 'gb82west12345698765432' },
    { detector: email, one: 'A@Example.com', other: 'a@example.com' },
    { detector: privateKey, one: PEM, other: PEM.replaceAll('\n', '\\n') },
  ];
  for (const { detector, one, other } of cases) {
    it(`are equal for equal values of ${detector.name}`, () => {
      expect(detector.canonical(one)).to.equal(detector.canonical(other));
    });
  }
});

function mark(text: string, detector: Detector): string {
  let marked = '';
  let from = 0;
  for (const { start, end } of detector.find(text, '')) {
    marked += `${text.slice(from, start)}«${text.slice(start, end)}»`;
    from = end;
  }
  return marked + text.slice(from);
}
