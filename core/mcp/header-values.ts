// Reads the MCP request headers: each at most once, bounded, without surrounding whitespace.
// A header sent twice is refused, since readers differ in which value they take.

/** Lower-case names, every value as sent: `IncomingMessage.headersDistinct` has this shape. */
export type HeaderValues = Readonly<Record<string, readonly string[] | undefined>>;

/** The headers that repeat the body (2026-07-28, Streamable HTTP, "Standard Headers"). */
export interface Mirrors {
  readonly method?: string;
  readonly name?: string;
}

export type ReadHeader =
  | { readonly ok: true; readonly value: string | undefined }
  | { readonly ok: false; readonly reason: string };

export type ReadMirrors =
  | ({ readonly ok: true } & Mirrors)
  | { readonly ok: false; readonly reason: string };

export function readHeader(headers: HeaderValues, name: keyof typeof LIMITS): ReadHeader {
  const [value, ...others] = headers[name] ?? [];
  if (others.length > 0) return { ok: false, reason: `${TITLES[name]} is sent more than once` };
  if (value !== undefined && value.length > LIMITS[name]) {
    return { ok: false, reason: `${TITLES[name]} is over ${LIMITS[name]} characters` };
  }
  return { ok: true, value: value === undefined ? undefined : trim(value) };
}

/** `Mcp-Method` and `Mcp-Name`; `Mcp-Param-*` are the server's to compare, here only bounded. */
export function readMirrors(headers: HeaderValues): ReadMirrors {
  const method = readHeader(headers, 'mcp-method');
  if (!method.ok) return method;
  const name = readHeader(headers, 'mcp-name');
  if (!name.ok) return name;
  const reason = paramFault(headers);
  if (reason !== undefined) return { ok: false, reason };
  return {
    ok: true,
    ...(method.value === undefined ? {} : { method: method.value }),
    ...(name.value === undefined ? {} : { name: name.value }),
  };
}

const TITLES = {
  'mcp-protocol-version': 'MCP-Protocol-Version',
  'mcp-method': 'Mcp-Method',
  'mcp-name': 'Mcp-Name',
} as const;

// Dates are 10 characters; a method 256; a URI of 4096 characters is 16 KiB in UTF-8 and Base64.
const LIMITS = { 'mcp-protocol-version': 64, 'mcp-method': 256, 'mcp-name': 22_000 } as const;
const MAX_PARAM_HEADERS = 64;
const MAX_PARAM_LENGTH = 8192;

function paramFault(headers: HeaderValues): string | undefined {
  const names = Object.keys(headers).filter((name) => name.startsWith('mcp-param-'));
  if (names.length > MAX_PARAM_HEADERS) {
    return `over ${MAX_PARAM_HEADERS} Mcp-Param headers are sent`;
  }
  for (const name of names) {
    const [value = '', ...others] = headers[name] ?? [];
    if (others.length > 0) return 'an Mcp-Param header is sent more than once';
    if (value.length > MAX_PARAM_LENGTH) {
      return `an Mcp-Param header is over ${MAX_PARAM_LENGTH} characters`;
    }
  }
  return undefined;
}

/** RFC 9110 optional whitespace: spaces and tabs, no more. */
function trim(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start += 1;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
