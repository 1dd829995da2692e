// Makes certificates: an authority of our own, and what it vouches for. Keys are P-256, which every client of
// TLS takes; times are the caller's.

import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface Certified {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export const AUTHORITY_DAYS = 365;
export const LEAF_DAYS = 7;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of a cluster are not one clock. */
const SKEW_MS = 5 * 60 * 1000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export async function makeAuthority(name: string, nowMillis: number): Promise<Certified> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // One after the other has the same name; verifiers tell them apart by their key.
    name: [{ CN: [name] }],
    serialNumber: serial(),
    ...validFor(AUTHORITY_DAYS, nowMillis),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString('pem'), key: await pem(keys.privateKey) };
}

/** For a server of these DNS names. */
export async function issueLeaf(
  authority: Certified,
  dnsNames: readonly string[],
  nowMillis: number,
): Promise<Certified> {
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const [first = ''] = dnsNames;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [first.slice(0, 64)] }],
    issuer: issuer.subjectName,
    serialNumber: serial(),
    ...validFor(LEAF_DAYS, nowMillis),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        dnsNames.map((value) => ({ type: 'dns' as const, value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { cert: certificate.toString('pem'), key: await pem(keys.privateKey) };
}

function validFor(days: number, nowMillis: number) {
  return {
    notBefore: new Date(nowMillis - SKEW_MS),
    notAfter: new Date(nowMillis + days * DAY_MS),
  };
}

/** Positive, and never the same twice. */
function serial(): string {
  return `01${randomBytes(15).toString('hex')}`;
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

function signingKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}
