// How replicas know each other: for each sealing key a certificate authority whose private key is derived
// from it, and a certificate of this process by that authority. Whoever holds the key can make both, and
// nobody else can, so that no further secret is handed out and rotating the keys rotates these.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';

export interface PeerCredentials {
  /** PEM of this process's private key, made at start and kept in memory. */
  readonly key: string;
  /** PEM of its certificate, whose common name is the name of this process. */
  readonly cert: string;
  /** PEM of the authority that both sides of a connection trust, and no other. */
  readonly ca: string;
}

/** So that the derived key is of no use for anything else, nor the sealing key for this. */
const PURPOSE = 'gatehouse/peer/v1';
/** PKCS #8 of an Ed25519 private key is this and its 32 bytes (RFC 8410). */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/** One for each sealing key, in their order. `name` is what the certificates say this process is. */
export function peerCredentials(
  sealingKeys: readonly Uint8Array[],
  name: string,
): readonly PeerCredentials[] {
  const own = generateKeyPairSync('ed25519');
  return sealingKeys.map((sealingKey) => {
    const signedBy = authorityOf(sealingKey);
    const publicKey = createPublicKey(signedBy);
    // Each has a name of its own: issuers are looked up by name.
    const issuer = `gatehouse replicas ${fingerprint(publicKey)}`;
    return {
      key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      cert: certificate({ issuer, subject: name, publicKey: own.publicKey, signedBy }),
      ca: certificate({ issuer, subject: issuer, publicKey, signedBy, isAuthority: true }),
    };
  });
}

function authorityOf(sealingKey: Uint8Array): KeyObject {
  const seed = hkdfSync('sha256', sealingKey, new Uint8Array(0), PURPOSE, SEED_BYTES);
  const key = Buffer.concat([PKCS8_ED25519, Buffer.from(seed)]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

function fingerprint(publicKey: KeyObject): string {
  const bytes = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

interface Issued {
  readonly issuer: string;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly signedBy: KeyObject;
  readonly isAuthority?: true;
}

/** Tags of DER (X.690) that a certificate is made of. */
const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
} as const;

const OIDS = {
  ed25519: Buffer.from('06032b6570', 'hex'),
  commonName: Buffer.from('0603550403', 'hex'),
  basicConstraints: Buffer.from('0603551d13', 'hex'),
} as const;

/** X.509 v3, good for as long as the sealing key is listed: time takes nothing back here, rotation does. */
function certificate({ issuer, subject, publicKey, signedBy, isAuthority }: Issued): string {
  const algorithm = der('sequence', OIDS.ed25519);
  const signed = der(
    'sequence',
    der('version', der('integer', Buffer.of(2))),
    der('integer', Buffer.of(1), randomBytes(8)),
    algorithm,
    commonName(issuer),
    der(
      'sequence',
      der('utcTime', Buffer.from('000101000000Z')),
      der('generalizedTime', Buffer.from('99991231235959Z')),
    ),
    commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(isAuthority === true ? [AUTHORITY] : []),
  );
  const whole = der(
    'sequence',
    signed,
    algorithm,
    der('bitString', Buffer.of(0), sign(null, signed, signedBy)),
  );
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function commonName(name: string): Buffer {
  const text = der('utf8String', Buffer.from(name));
  return der('sequence', der('set', der('sequence', OIDS.commonName, text)));
}

/** Of DER: tag, length, content. */
function der(tag: keyof typeof TAGS, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(TAGS[tag], ...size), body]);
}

/** Basic constraints, critical: an authority, of certificates that are none. */
const AUTHORITY = der(
  'extensions',
  der(
    'sequence',
    der(
      'sequence',
      OIDS.basicConstraints,
      der('boolean', Buffer.of(0xff)),
      der(
        'octetString',
        der('sequence', der('boolean', Buffer.of(0xff)), der('integer', Buffer.of(0))),
      ),
    ),
  ),
);
