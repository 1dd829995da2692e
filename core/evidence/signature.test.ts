// Keys, signatures and names: one text for each, and no purpose good for another.

import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { certify, isCertified, laneFileName, laneId, parseLaneFileName } from './lane.ts';
import { fixedKey } from './log.fixture.ts';
import {
  decodeBase64Url,
  digest,
  KeyFault,
  PURPOSES,
  signatureKey,
  signerFor,
} from './signature.ts';

describe('signatures', () => {
  const signer = signerFor(fixedKey('05'.repeat(32)));
  const key = signatureKey(signer.publicKey);

  it('are the Ed25519 of RFC 8032', () => {
    // RFC 8032 section 7.1, test 1, has an empty message; the key is checked here, the rest below.
    const rfc = signerFor(
      fixedKey('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'),
    );

    expect(Buffer.from(rfc.publicKey, 'base64url').toString('hex')).to.equal(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    );
  });

  it('hold for their text and purpose only', () => {
    const signature = signer.sign('commit', 'text');

    expect(key.verifies('commit', 'text', signature)).to.equal(true);
    expect(key.verifies('commit', 'text2', signature)).to.equal(false);
    expect(key.verifies('checkpoint', 'text', signature)).to.equal(false);
    expect(
      signatureKey(signerFor(fixedKey('06'.repeat(32))).publicKey).verifies(
        'commit',
        'text',
        signature,
      ),
    ).to.equal(false);
  });

  const respellings = [
    { name: 'padding', change: (text: string) => `${text}==` },
    {
      name: 'the other alphabet',
      change: (text: string) => text.replaceAll('_', '/').replaceAll('-', '+'),
    },
    { name: 'white space', change: (text: string) => `${text}\n` },
    { name: 'a byte less', change: (text: string) => text.slice(0, -2) },
    {
      name: 'spare bits set',
      change: (text: string) => text.slice(0, -1) + nextLetter(text.at(-1) ?? ''),
    },
  ];
  for (const { name, change } of respellings) {
    it(`have one spelling: not with ${name}`, () => {
      // Long enough to be sure that both letters that differ between the alphabets occur.
      const signature = spelledWithBoth(signer);

      expect(decodeBase64Url(signature, 64)).not.to.equal(undefined);
      expect(decodeBase64Url(change(signature), 64)).to.equal(undefined);
    });
  }

  it('need Ed25519 keys', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

    expect(() => signerFor(privateKey)).to.throw(KeyFault);
    expect(() => signerFor(publicKey)).to.throw(KeyFault);
    expect(() => signatureKey('AAAA')).to.throw(KeyFault);
  });

  it('begin each purpose with a line of its own', () => {
    const texts = Object.values(PURPOSES);

    expect(new Set(texts).size).to.equal(texts.length);
    expect(texts.every((text) => /^gatehouse(?:\/[a-z-]+)+\/v1\n$/.test(text))).to.equal(true);
  });

  it('hash the purpose with the text', () => {
    expect(digest('record', '{}')).not.to.equal(digest('lane', '{}'));
  });
});

describe('a lane', () => {
  const trust = signerFor(fixedKey('07'.repeat(32)));
  const identity = {
    bootNonce: '00'.repeat(16),
    publicKey: trust.publicKey,
    version: '1',
    startedAt: '2026-03-01T12:00:00.000000Z',
    trustKey: 'f'.repeat(64),
  };

  it('is named by all that is fixed at boot', () => {
    const names = [
      laneId(identity),
      ...Object.keys(identity).map((field) => laneId({ ...identity, [field]: 'x' })),
    ];

    expect(new Set(names).size).to.equal(6);
    expect(names.every((name) => /^[a-z2-7]{26}$/.test(name))).to.equal(true);
  });

  it('is certified together with its key', () => {
    const lane = laneId(identity);
    const certificate = certify(lane, identity.publicKey, trust);
    const key = signatureKey(trust.publicKey);
    const certified = { lane, publicKey: identity.publicKey, certificate };

    expect(isCertified(certified, key)).to.equal(true);
    expect(isCertified({ ...certified, lane: `${lane.slice(1)}a` }, key)).to.equal(false);
    expect(isCertified({ ...certified, publicKey: 'AAAA' }, key)).to.equal(false);
  });

  it('has a file name that says ordinal and lane, and no other', () => {
    const lane = laneId(identity);

    expect(parseLaneFileName(laneFileName(7, lane))).to.deep.equal({ ordinal: 7, lane });
    expect(parseLaneFileName(laneFileName(1_234_567, lane))).to.deep.equal({
      ordinal: 1_234_567,
      lane,
    });
    for (const name of [
      `7-${lane}.jsonl`,
      `0000007-${lane}.jsonl`,
      `000000-${lane}.jsonl`,
      `000007-${lane}.jsonl.opening`,
      `000007-${lane.toUpperCase()}.jsonl`,
      'notes.txt',
    ]) {
      expect(parseLaneFileName(name), name).to.equal(undefined);
    }
  });
});

function nextLetter(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1);
}

function spelledWithBoth(signer: { sign(purpose: 'commit', text: string): string }): string {
  for (let index = 0; ; index += 1) {
    const signature = signer.sign('commit', String(index));
    if (/[-_]/.test(signature)) {
      return signature;
    }
  }
}
