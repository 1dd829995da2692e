// Certificates of authorities as PEM: read, counted and written out again, so that nothing else that stood in the text
// goes on.

import { X509Certificate } from 'node:crypto';

export type CaBundleRead =
  | { readonly ok: true; readonly pem: string }
  /** Completes "<where it stood> …". */
  | { readonly ok: false; readonly problem: string };

const MAX_BUNDLE_CHARS = 64 * 1024;
/** A few authorities, with those that come after them. */
const MAX_CERTIFICATES = 32;
const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

export function readCaBundle(text: string): CaBundleRead {
  if (text.length > MAX_BUNDLE_CHARS) {
    return { ok: false, problem: `is over ${MAX_BUNDLE_CHARS} characters` };
  }
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length === 0 || blocks.length > MAX_CERTIFICATES) {
    return { ok: false, problem: `must hold 1 to ${MAX_CERTIFICATES} certificates as PEM` };
  }
  try {
    return { ok: true, pem: blocks.map((block) => new X509Certificate(block).toString()).join('') };
  } catch {
    return { ok: false, problem: 'holds a certificate that cannot be read' };
  }
}
