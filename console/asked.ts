// One request of a browser, parsed: what the pages may rely on. Everything here is of the visitor's
// making, and bounded.

import type { IncomingMessage } from 'node:http';

export interface Asked {
  readonly method: 'GET' | 'POST';
  /** Decoded segments of the path: `/approvals/x` is `['approvals', 'x']`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** With its `?`, as it came. */
  readonly search: string;
  readonly cookie: string | undefined;
  readonly address: string;
  /** Of the script that keeps a page up to date: nobody looks at this answer whole. */
  readonly isRefresh: boolean;
  /** Empty unless a form was posted. */
  readonly form: URLSearchParams;
}

export type ReadAsked =
  | { readonly ok: true; readonly asked: Asked }
  | { readonly ok: false; readonly status: number; readonly text: string };

/** A reason has 500 characters, of up to twelve bytes each in a form. */
const MAX_FORM_BYTES = 16 * 1024;
const MAX_TARGET_CHARS = 4096;

/** `publicUrl`: anything that is addressed to another host, or sent by another page, goes no further. */
export async function readAsked(request: IncomingMessage, publicUrl: URL): Promise<ReadAsked> {
  const { method = '', url = '', headers } = request;
  if (headers.host?.toLowerCase() !== publicUrl.host) {
    return no(421, `This console is at ${publicUrl.origin}/ and answers to no other name.`);
  }
  if (method !== 'GET' && method !== 'POST') return no(405, 'Only GET and POST.');
  const target = parseTarget(url, publicUrl);
  if (target === undefined) return no(400, 'This address cannot be read.');
  const form = method === 'GET' ? new URLSearchParams() : await readForm(request, publicUrl);
  if (!(form instanceof URLSearchParams)) return form;
  const asked = {
    method,
    ...target,
    cookie: headers.cookie,
    address: request.socket.remoteAddress ?? '',
    isRefresh: headers['x-gatehouse-refresh'] !== undefined,
    form,
  } as const;
  return { ok: true, asked };
}

type Refused = Extract<ReadAsked, { readonly ok: false }>;

function no(status: number, text: string): Refused {
  return { ok: false, status, text };
}

function parseTarget(
  target: string,
  base: URL,
): Pick<Asked, 'path' | 'query' | 'search'> | undefined {
  if (!target.startsWith('/') || target.length > MAX_TARGET_CHARS) return undefined;
  const [path = '', ...rest] = target.split('?');
  const search = rest.length === 0 ? '' : `?${rest.join('?')}`;
  try {
    const segments = path.split('/').slice(1).map(decodeURIComponent);
    const { searchParams } = new URL(search, base);
    return {
      path: segments.at(-1) === '' ? segments.slice(0, -1) : segments,
      query: searchParams,
      search,
    };
  } catch {
    return undefined;
  }
}

/** Browsers say with every POST which page it comes from; who does not say it is no browser of ours. */
async function readForm(
  request: IncomingMessage,
  publicUrl: URL,
): Promise<URLSearchParams | Refused> {
  const { origin, 'content-type': type = '' } = request.headers;
  if (origin !== publicUrl.origin) {
    return no(403, 'This came from another page than the console. Nothing was done.');
  }
  if (type.split(';', 1)[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    return no(415, 'Only forms of the console are taken.');
  }
  const body = await readBody(request);
  return body === undefined ? no(413, 'The form is too long.') : new URLSearchParams(body);
}

function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      // The rest is read and forgotten, so that the answer is not lost in a reset connection.
      if (size <= MAX_FORM_BYTES) chunks.push(chunk);
    });
    request.once('end', () => {
      resolve(size <= MAX_FORM_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined);
    });
    request.once('close', () => resolve(undefined));
    request.on('error', () => {});
  });
}
