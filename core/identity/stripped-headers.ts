// Which request headers of the client may reach the server. The client's credentials and anything
// that could pass for an identity stop here: the server hears who is calling from Gatehouse alone.

/**
 * False for credentials, claimed identities and hop-by-hop headers. `configured` adds names, in lower
 * case and with hyphens.
 */
export function isForwardable(name: string, configured?: ReadonlySet<string>): boolean {
  // CGI and WSGI read X_User as X-User, so both spellings are one header to us.
  const header = name.toLowerCase().replaceAll('_', '-');
  // Mirrors arguments that are judged in the body (x-mcp-header): its suffix is the server's word.
  if (header.startsWith('mcp-')) return !configured?.has(header);
  return !(
    STRIPPED.has(header) ||
    configured?.has(header) ||
    header.startsWith(':') ||
    STRIPPED_PREFIXES.some((prefix) => header.startsWith(prefix)) ||
    STRIPPED_SUFFIXES.some((suffix) => header.endsWith(suffix))
  );
}

/** Headers that `Connection` declares hop-by-hop for this message, lower case: RFC 9110 7.6.1. */
export function connectionNames(connection: string | undefined): ReadonlySet<string> {
  return new Set(
    (connection ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ''),
  );
}

const STRIPPED: ReadonlySet<string> = new Set([
  // credentials
  'authorization',
  'proxy-authorization',
  'cookie',
  'cookie2',
  'api-key',
  'dpop',
  // sealed by us for one listener, and written anew
  'last-event-id',
  // who and where from, as proxies say it
  'forwarded',
  'via',
  'remote-user',
  'remote-email',
  'remote-groups',
  'remote-name',
  'x-remote-user',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'client-cert',
  'client-cert-chain',
  'x-client-cert',
  'x-email',
  'x-groups',
  'x-roles',
  'x-principal',
  'x-subject',
  // hop-by-hop: RFC 9110 section 7.6.1
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]);

const STRIPPED_PREFIXES: readonly string[] = [
  'gatehouse-',
  'x-gatehouse-',
  'x-forwarded',
  'x-original-',
  'x-envoy-',
  'x-auth',
  'x-user',
  'x-remote-',
  'x-jwt',
  'x-ssl-',
  'x-webauth-',
  'x-consumer-',
  'x-credential-',
  'x-amzn-oidc-',
  'x-goog-authenticated-',
  'x-goog-iap-',
  'x-ms-client-principal',
  'x-ms-token-',
  'cf-access-',
  'impersonate-',
  'ssl-client-',
];

const STRIPPED_SUFFIXES: readonly string[] = ['-identity', '-token', '-api-key', '-secret'];
