import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { CompactSign } from 'jose';
import {
  DocumentKeysFault,
  documentKey,
  documentKeySet,
  documentVerifier,
  MAX_SIGNED_CHARS,
  type SignedKind,
  signText,
} from './signed-text.ts';

const ours = generateKeyPairSync('ed25519').privateKey;
const theirs = generateKeyPairSync('ed25519').privateKey;
const TEXT = '{"generation":5,"key":"a"}';

async function verifier(...keys: readonly (typeof ours)[]) {
  return documentVerifier(JSON.stringify(await documentKeySet(keys)));
}

describe('a signed document', () => {
  it('is verified with the public half alone, which names no private one', async () => {
    const keys = JSON.stringify(await documentKeySet([ours]));
    const jws = await signText('policy', TEXT, await documentKey(ours));

    const read = await (await documentVerifier(keys)).verify('policy', jws);

    expect(read).to.deep.include({ ok: true, value: { generation: 5, key: 'a' } });
    expect(Object.keys(JSON.parse(keys).keys[0]).sort()).to.deep.equal([
      'alg',
      'crv',
      'kid',
      'kty',
      'use',
      'x',
    ]);
  });

  it('is verified by either key during a rotation', async () => {
    const both = await verifier(theirs, ours);

    for (const key of [ours, theirs]) {
      const jws = await signText('floor', TEXT, await documentKey(key));
      expect((await both.verify('floor', jws)).ok).to.equal(true);
    }
  });

  const refused: { name: string; make: () => Promise<string> }[] = [
    {
      name: 'of another key',
      make: async () => signText('policy', TEXT, await documentKey(theirs)),
    },
    { name: 'of another kind', make: async () => signText('floor', TEXT, await documentKey(ours)) },
    {
      name: 'of another key under the name of ours',
      make: async () =>
        signText('policy', TEXT, { kid: (await documentKey(ours)).kid, privateKey: theirs }),
    },
    {
      name: 'without a signature',
      make: async () => {
        const { kid } = await documentKey(ours);
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        return `${part({ alg: 'none', typ: 'gatehouse-policy+jws', kid })}.${part({})}.`;
      },
    },
    {
      name: 'without a kid',
      make: () =>
        new CompactSign(Buffer.from(TEXT))
          .setProtectedHeader({ alg: 'EdDSA', typ: 'gatehouse-policy+jws' })
          .sign(ours),
    },
    {
      name: 'with a byte changed',
      make: async () =>
        (await signText('policy', TEXT, await documentKey(ours))).replace(/\.(.)/, '.X'),
    },
    { name: 'that is no JWS', make: async () => 'x' },
    { name: 'that is too long', make: async () => 'x'.repeat(MAX_SIGNED_CHARS + 1) },
    {
      name: 'with a repeated key',
      make: async () => signText('policy', '{"a":1,"a":2}', await documentKey(ours)),
    },
  ];
  for (const { name, make } of refused) {
    it(`is refused ${name}`, async () => {
      const read = await (await verifier(ours)).verify('policy', await make());

      expect(read.ok).to.equal(false);
      expect(JSON.stringify(read)).to.not.include('generation');
    });
  }

  for (const kind of ['policy', 'floor', 'status', 'ack'] satisfies SignedKind[]) {
    it(`is signed as ${kind}`, async () => {
      const jws = await signText(kind, TEXT, await documentKey(ours));
      const [header = ''] = jws.split('.');

      expect(JSON.parse(Buffer.from(header, 'base64url').toString())).to.deep.include({
        alg: 'EdDSA',
        typ: `gatehouse-${kind}+jws`,
      });
    });
  }
});

describe('the keys of documents', () => {
  for (const text of [
    '',
    '{}',
    '{"keys":[]}',
    '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"!","kid":"a"}]}',
    '{"keys":[{"kty":"oct","k":"AA","kid":"a"}]}',
  ]) {
    it(`are not ${JSON.stringify(text.slice(0, 24))}`, async () => {
      const fault = await documentVerifier(text).then(
        () => undefined,
        (error: unknown) => error,
      );

      expect(fault).to.be.instanceOf(DocumentKeysFault);
    });
  }
});
