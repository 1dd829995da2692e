// WWW-Authenticate values: RFC 6750 section 3 with RFC 9728 section 5.1, as the MCP authorization
// chapter asks for them. One challenge per answer, naming all scopes needed.

export interface Challenge {
  /** The refusal it goes with: no token at all, a bad one, or one that lacks scopes. */
  readonly cause: 'token_missing' | 'token_invalid' | 'scope_insufficient';
  /** URL of the protected resource metadata. */
  readonly resourceMetadata: string;
  /** All scopes the request needs now; left out when empty. */
  readonly scopes?: readonly string[];
  /** For the developer who reads the answer: names claims and rules, never values. */
  readonly description?: string;
}

export function challengeHeader(challenge: Challenge): string {
  const parameters: [name: string, value: string][] = [];
  // RFC 6750 section 3.1: a request without a token gets no error code.
  switch (challenge.cause) {
    case 'token_missing':
      break;
    case 'token_invalid':
      parameters.push(['error', 'invalid_token']);
      break;
    case 'scope_insufficient':
      parameters.push(['error', 'insufficient_scope']);
      break;
  }
  if (challenge.cause !== 'token_missing' && challenge.description !== undefined) {
    parameters.push(['error_description', clean(challenge.description)]);
  }
  const scopes = askableScopes(challenge.scopes ?? []);
  if (scopes.length > 0) {
    parameters.push(['scope', scopes.join(' ')]);
  }
  parameters.push(['resource_metadata', clean(challenge.resourceMetadata)]);
  return `Bearer ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}

/**
 * Scopes that a client can ask for: well-formed ones, each once. `offline_access` is the client's
 * own choice and belongs in no challenge or metadata (MCP authorization, 2026-07-28).
 */
export function askableScopes(scopes: readonly string[]): readonly string[] {
  return [...new Set(scopes)].filter(
    (scope) => SCOPE_TOKEN.test(scope) && scope !== 'offline_access',
  );
}

// RFC 6749 section 3.3: printable ASCII without space, quote and backslash.
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const MAX_VALUE_CHARS = 500;

/** What RFC 6750 allows inside the quotes, so that nothing can end them early. */
function clean(text: string): string {
  return text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'").slice(0, MAX_VALUE_CHARS);
}
