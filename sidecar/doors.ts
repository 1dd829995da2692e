// The doors of one gateway: which Host and Origin may come in, from the public URLs and the policy.

import { isIP } from 'node:net';
import type { CompiledPolicy } from '#core/policy/compiled.ts';
import type { Doors } from './admit-head.ts';

export interface Listening {
  readonly host: string;
  readonly port: number;
}

/**
 * The URLs under which clients dial the gateway: those given, else the policy's, else the listen
 * address and its localhost twin. The path is the server's own (design section 14, URLs).
 */
export function publicUrlsOf(
  given: readonly URL[],
  policy: CompiledPolicy,
  { host, port, tls }: Listening & { readonly tls?: unknown },
  path: string,
): readonly string[] {
  if (given.length > 0) return given.map(String);
  if (policy.server.publicUrls.length > 0) return policy.server.publicUrls;
  const names = new Set([hostInUrl(host), twinOf(host)]);
  const scheme = tls === undefined ? 'http' : 'https';
  return [...names].map((name) => `${scheme}://${name}:${port}${path}`);
}

/** Public URLs whose path is not served here: right only where a proxy maps it. */
export function misplacedUrls(publicUrls: readonly string[], path: string): readonly string[] {
  return publicUrls.filter((url) => new URL(url).pathname !== path);
}

export function doorsOf(
  policy: CompiledPolicy,
  publicUrls: readonly string[],
  path: string,
): Doors {
  const urls = publicUrls.map((url) => new URL(url));
  return {
    path,
    hosts: new Set([...urls.flatMap(spellings), ...policy.server.allowedHosts].map(lower)),
    origins: new Set(
      [...urls.map(({ origin }) => origin), ...policy.server.allowedOrigins].map(lower),
    ),
    maxBodyBytes: policy.limits.maxBodyBytes,
  };
}

/** IPv6 with its brackets. */
export function hostInUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** A loopback listener answers to both names; another one only to its own. */
function twinOf(host: string): string {
  return host === '127.0.0.1' || host === '::1'
    ? 'localhost'
    : host === 'localhost'
      ? '127.0.0.1'
      : host;
}

/** Clients leave out a scheme's default port, or not. */
function spellings({ host, hostname, port, protocol }: URL): readonly string[] {
  if (port !== '') return [host];
  return [hostname, `${hostname}:${protocol === 'https:' ? 443 : 80}`];
}

function lower(text: string): string {
  return text.toLowerCase();
}
