// Compares `Mcp-Method` and `Mcp-Name` with the body of a modern request (2026-07-28, Streamable
// HTTP, "Server Validation"): gateways upstream route by them, so they may not say anything else.

import type { Mirrors } from './header-values.ts';
import type { RequestMessage } from './messages.ts';
import { METHODS } from './methods.ts';

/** What is wrong, without any value of the peer; undefined when header and body agree. */
export function mirrorFault(message: RequestMessage, mirrors: Mirrors): string | undefined {
  if (mirrors.method === undefined) return 'Mcp-Method is missing';
  if (mirrors.method !== message.method) return 'Mcp-Method differs from the method in the body';
  const member = METHODS.get(message.method)?.targetMember;
  if (member === undefined || member === 'ref' || message.target === undefined) return undefined;
  if (mirrors.name === undefined) return 'Mcp-Name is missing';
  if (!says(mirrors.name, message.target.name)) {
    return `Mcp-Name differs from params.${member} in the body`;
  }
  return undefined;
}

/** The header that says this name, in the one form that we take ourselves. */
export function mirrorOf(name: string): string {
  return PLAIN.test(name)
    ? name
    : `${PREFIX}${Buffer.from(name, 'utf8').toString('base64')}${SUFFIX}`;
}

/** The name that a header says, before anything is compared; nothing may be decided by it alone. */
export function mirroredName(header: string): string {
  const said = header.trim();
  if (!said.startsWith(PREFIX) || !said.endsWith(SUFFIX)) return said;
  return Buffer.from(said.slice(PREFIX.length, -SUFFIX.length), 'base64').toString('utf8');
}

/** Visible ASCII, and nothing that reads as the other form. */
const PLAIN = /^(?!=\?)[\x21-\x7e]+$/;
const PREFIX = '=?base64?';
const SUFFIX = '?=';

/** Encodes what we hold rather than decode what a peer sent: one canonical form, bounded. */
function says(header: string, name: string): boolean {
  if (!header.startsWith(PREFIX) || !header.endsWith(SUFFIX)) return header === name;
  return header === `${PREFIX}${Buffer.from(name, 'utf8').toString('base64')}${SUFFIX}`;
}
