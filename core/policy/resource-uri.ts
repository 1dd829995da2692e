// One spelling for each resource URI before policy looks at it (RFC 3986 section 6.2.2). Where servers
// are known to read one spelling in two ways, there is none, and the resource is denied.

/** A URI as policy sees it. The server still gets the bytes that the client sent. */
export interface ResourceUri {
  readonly uri: string;
  /**
   * What a careless server may take it for: without fragment or query, with or without a slash at the
   * end of the path. Restricting rules look at these too; rules that allow do not.
   */
  readonly kin: readonly string[];
}

export type Normalised<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/** As core/mcp/message.ts bounds it, with room for what percent-encoding adds. */
const MAX_URI_LENGTH = 8192;

export function normaliseUri(text: string): Normalised<ResourceUri> {
  const encoded = normaliseCharacters(text);
  if (!encoded.ok) return encoded;
  const parts = splitUri(encoded.value);
  if (!parts.ok) return parts;
  return { ok: true, value: { uri: joinUri(parts.value), kin: kinOf(parts.value) } };
}

/** A glob for resource URIs in the spelling that URIs have after normaliseUri. */
export function normaliseUriPattern(pattern: string): Normalised<string> {
  const encoded = normaliseCharacters(pattern);
  if (!encoded.ok) return encoded;
  if (/(^|\/)\.\.?($|[/?#])/.test(encoded.value)) return refuse('has a dot segment');
  if (encoded.value.startsWith('**')) return encoded;
  const parts = splitUri(encoded.value);
  return parts.ok ? { ok: true, value: joinUri(parts.value) } : parts;
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}

// Characters no URI has (RFC 3986 section 2): parsers drop, escape or reinterpret them, each its own way.
const FORBIDDEN = /[\p{Cc}"<>\\^`{|}]/u;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;
const UNRESERVED = /[-.~\w]/;

function normaliseCharacters(text: string): Normalised<string> {
  if (text.length > MAX_URI_LENGTH) return refuse('is too long');
  if (!text.isWellFormed()) return refuse('is not well-formed Unicode');
  if (FORBIDDEN.test(text)) return refuse('has a character that no URI has');
  const ascii = text.replaceAll(/[^\x21-\x7e]+/g, encodeURIComponent);
  if (/%(?![0-9A-Fa-f]{2})/.test(ascii)) return refuse('has a broken percent escape');
  if (/%25[0-9A-Fa-f]{2}/.test(ascii)) return refuse('is escaped twice');
  // %2F and %5C: some servers decode before they split the path, others after. Controls: cut in C.
  if (/%(2F|5C|[01][0-9A-F]|7F)/i.test(ascii)) return refuse('hides a separator or a control');
  return { ok: true, value: ascii.replaceAll(ESCAPE, decodeUnreserved) };
}

function decodeUnreserved(escaped: string, hex: string): string {
  const character = String.fromCharCode(Number.parseInt(hex, 16));
  return UNRESERVED.test(character) ? character : escaped.toUpperCase();
}

interface UriParts {
  readonly scheme: string;
  /** Undefined where there is no `//`. */
  readonly authority: string | undefined;
  readonly path: string;
  /** With its `?`; empty when there is none. */
  readonly query: string;
  /** With its `#`; empty when there is none. */
  readonly fragment: string;
}

// RFC 3986 appendix B, with a scheme that is required.
const PARTS = /^([A-Za-z][-A-Za-z0-9+.]*):(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/;

function splitUri(text: string): Normalised<UriParts> {
  const [whole, written = '', authorityText, pathText = '', query = '', fragment = ''] =
    PARTS.exec(text) ?? [];
  if (whole === undefined) return refuse('has no scheme');
  const scheme = written.toLowerCase();
  const authority = readAuthority(scheme, authorityText, pathText);
  if (!authority.ok) return authority;
  const path = readPath(pathText);
  if (!path.ok) return path;
  return {
    ok: true,
    value: { scheme, authority: authority.value, path: path.value, query, fragment },
  };
}

function joinUri({ scheme, authority, path, query, fragment }: UriParts): string {
  const hierarchy = authority === undefined ? path : `//${authority}${path}`;
  return `${scheme}:${hierarchy}${query}${fragment}`;
}

function kinOf(parts: UriParts): readonly string[] {
  const { path } = parts;
  const otherPath = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
  const kin = new Set<string>();
  for (const base of [parts, { ...parts, path: otherPath }]) {
    kin.add(joinUri(base));
    kin.add(joinUri({ ...base, fragment: '' }));
    kin.add(joinUri({ ...base, query: '', fragment: '' }));
  }
  kin.delete(joinUri(parts));
  return [...kin];
}

/** Schemes that WHATWG URL parsers read more freely than RFC 3986, with their default ports. */
const WEB_PORTS: ReadonlyMap<string, string> = new Map([
  ['http', '80'],
  ['https', '443'],
  ['ws', '80'],
  ['wss', '443'],
  ['ftp', '21'],
]);

function readAuthority(
  scheme: string,
  text: string | undefined,
  path: string,
): Normalised<string | undefined> {
  if (text !== undefined && text !== '') return readHostAndPort(scheme, text);
  if (WEB_PORTS.has(scheme)) return refuse('has no host');
  if (text === '') return { ok: true, value: '' };
  if (scheme !== 'file') return { ok: true, value: undefined };
  return path.startsWith('/') ? { ok: true, value: '' } : refuse('has a relative path');
}

function readHostAndPort(scheme: string, text: string): Normalised<string> {
  if (text.includes('@')) return refuse('has user information');
  const [, host, port = ''] = /^(\[[^\]]*\]|[^:[\]]*)(?::0*([0-9]*))?$/.exec(text) ?? [];
  const name = WEB_PORTS.has(scheme) ? webHost(host ?? '') : host?.toLowerCase();
  if (name === undefined) return refuse('has an unreadable host or port');
  if (scheme === 'file' && name === 'localhost') return { ok: true, value: '' };
  const shownPort = port === '' || port === WEB_PORTS.get(scheme) ? '' : `:${port}`;
  return { ok: true, value: `${name.replace(/\.$/, '')}${shownPort}` };
}

/** 0x7f.1, 2130706433 and 127.0.0.1 are one host to a web client. */
function webHost(host: string): string | undefined {
  const address = `http://${host}`;
  return URL.canParse(address) ? new URL(address).hostname : undefined;
}

/** RFC 3986 section 5.2.4. */
function readPath(path: string): Normalised<string> {
  if (path.includes('//')) return refuse('has an empty path segment');
  const segments = path.split('/');
  const isDot = (segment: string): boolean => segment === '.' || segment === '..';
  if (!segments.some(isDot)) return { ok: true, value: path };
  if (!path.startsWith('/')) return refuse('has a dot segment in a relative path');
  const kept: string[] = [];
  for (const segment of segments.slice(1)) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  if (isDot(segments.at(-1) ?? '')) kept.push('');
  return { ok: true, value: `/${kept.join('/')}` };
}
