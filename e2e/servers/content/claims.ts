// Reads what a bearer token says about itself, without checking its signature: the fixture reports
// what it was given, and the tests judge it.

export interface TokenParts {
  readonly header: unknown;
  readonly payload: unknown;
}

/** Undefined when there is no bearer token or it is no JWT. */
export function readClaims(authorization: string | undefined): TokenParts | undefined {
  const [scheme, token] = authorization?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'bearer' || !token) return undefined;
  const [header, payload] = token.split('.');
  if (!header || !payload) return undefined;
  try {
    return { header: decode(header), payload: decode(payload) };
  } catch {
    return undefined;
  }
}

function decode(segment: string): unknown {
  return JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
}
