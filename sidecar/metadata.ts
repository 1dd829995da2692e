// What Gatehouse publishes about itself without a token: the RFC 9728 metadata of the MCP endpoint, at
// both well-known forms, and the keys its own tokens to the server are signed with.

import {
  METADATA_PREFIX,
  metadataPath,
  publicUrlFor,
  resourceMetadata,
} from '#core/identity/resource-metadata.ts';
import type { CompiledRule } from '#core/policy/compiled.ts';
import { type Head, only } from './admit-head.ts';
import type { Answer } from './refuse.ts';
import type { JwkSet } from './upstream-signer.ts';

export const JWKS_PATH = '/.well-known/gatehouse/jwks.json';

export interface Published {
  readonly publicUrls: readonly string[];
  readonly issuers: readonly string[];
  readonly scopes: readonly string[];
  readonly jwks: JwkSet;
}

/** The answer for a well-known path; `undefined` for every other path. */
export type WellKnown = (head: Head) => Answer | undefined;

export function createWellKnown(published: () => Published): WellKnown {
  return (head) =>
    head.target.startsWith('/.well-known/') ? answerWellKnown(head, published()) : undefined;
}

export function answerWellKnown(head: Head, published: Published): Answer | undefined {
  const document = documentAt(head, published);
  if (document === undefined) return undefined;
  switch (head.method) {
    case 'GET':
    case 'HEAD':
      return {
        status: 200,
        headers: { ...OPEN, 'content-type': 'application/json', 'cache-control': CACHE },
        body: Buffer.from(JSON.stringify(document)),
      };
    case 'OPTIONS':
      return { status: 204, headers: { ...OPEN, ...PREFLIGHT } };
    default:
      return { status: 405, headers: { ...OPEN, allow: METHODS } };
  }
}

interface RuleLayers {
  readonly layers: readonly {
    readonly rules: readonly Pick<CompiledRule, 'effect' | 'scopes'>[];
  }[];
}

/** What a policy tells a client to ask for: the scopes of rules that let somebody in. */
export function scopesToAskFor(policy: RuleLayers): readonly string[] {
  const scopes = policy.layers
    .flatMap((layer) => layer.rules)
    .filter((rule) => rule.effect !== 'Deny')
    .flatMap((rule) => rule.scopes);
  return [...new Set(scopes)].toSorted();
}

const METHODS = 'GET, HEAD, OPTIONS';
/** Long enough to spare us requests, short enough that a new issuer is seen soon. */
const CACHE = 'public, max-age=60';
/** Public by nature and read without credentials, so any page may read it. */
const OPEN = { 'access-control-allow-origin': '*' };
const PREFLIGHT = {
  'access-control-allow-methods': METHODS,
  'access-control-allow-headers': 'mcp-protocol-version, content-type, accept',
  'access-control-max-age': '600',
};

function documentAt(head: Head, published: Published): unknown {
  const [path] = head.target.split('?', 1);
  if (path === JWKS_PATH) return published.jwks;
  const resource = publicUrlFor(published.publicUrls, only(head.headers.host) ?? '');
  if (resource === undefined || (path !== METADATA_PREFIX && path !== metadataPath(resource))) {
    return undefined;
  }
  return resourceMetadata(resource, published.issuers, published.scopes);
}
