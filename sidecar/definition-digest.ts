// The digest of a tool definition, as pins, records and approvals name it.

import { hash } from 'node:crypto';

/** `sha256:` and lower-case hex, over the canonical text alone, so that anyone can compute it. */
export function definitionDigest(text: string): string {
  return `sha256:${hash('sha256', text)}`;
}
