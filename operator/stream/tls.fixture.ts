// A certificate for tests, its own authority, made by openssl.

import { execFileSync } from 'node:child_process';

export function testCertificate(): { readonly cert: string; readonly key: string } {
  const made = execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
      ...['-keyout', '-', '-out', '-'],
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const at = made.indexOf('-----BEGIN CERTIFICATE-----');
  const key = made.indexOf('-----BEGIN PRIVATE KEY-----');
  return at > key
    ? { key: made.slice(0, at), cert: made.slice(at) }
    : { cert: made.slice(0, key), key: made.slice(key) };
}
