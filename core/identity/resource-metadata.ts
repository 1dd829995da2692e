// The protected resource metadata of RFC 9728: where a client learns which issuer can give it a
// token for this MCP server. Gatehouse owns this identity; the server's own never shows.

import { askableScopes } from './challenge.ts';

export const METADATA_PREFIX = '/.well-known/oauth-protected-resource';

export interface ResourceMetadata {
  /** The exact public MCP URL: clients compare it with the one they dialled. */
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly scopes_supported?: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
}

export function resourceMetadata(
  resource: string,
  issuers: readonly string[],
  scopes: readonly string[],
): ResourceMetadata {
  const askable = askableScopes(scopes).toSorted();
  return {
    resource,
    authorization_servers: [...new Set(issuers)],
    ...(askable.length === 0 ? {} : { scopes_supported: askable }),
    bearer_methods_supported: ['header'],
  };
}

/** RFC 9728 section 3.1: the well-known part goes between host and path. */
export function metadataUrl(publicUrl: string): string {
  const { origin } = new URL(publicUrl);
  return `${origin}${metadataPath(publicUrl)}`;
}

export function metadataPath(publicUrl: string): string {
  const { pathname } = new URL(publicUrl);
  return pathname === '/' ? METADATA_PREFIX : `${METADATA_PREFIX}${pathname}`;
}

/**
 * The public URL that a request for `host` is for: the one with that host, else the first one.
 * Whether the host is allowed at all is judged before.
 */
export function publicUrlFor(publicUrls: readonly string[], host: string): string | undefined {
  return publicUrls.find((url) => isHostOf(new URL(url), host)) ?? publicUrls[0];
}

/** URL drops a scheme's default port, so the header may or may not spell it out. */
function isHostOf(url: URL, host: string): boolean {
  const wanted = host.toLowerCase();
  const port = url.port === '' ? DEFAULT_PORTS.get(url.protocol) : url.port;
  return wanted === url.host || wanted === `${url.hostname}:${port}`;
}

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ['http:', '80'],
  ['https:', '443'],
]);
