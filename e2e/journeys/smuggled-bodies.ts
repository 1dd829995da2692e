// Bodies that two JSON or HTTP readers could understand differently, each one mistake away from a call
// that is allowed; and what Gatehouse says to each.

import { gzipSync } from 'node:zlib';

const META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
export const MAX_BODY_BYTES = 64 * 1024;
export const MAX_DEPTH = 16;

/** An allowed call of `counter`; what a test adds to it is all that is wrong with it. */
export function call(params = '', args = '', top = ''): string {
  return `{"jsonrpc":"2.0","id":1,${top}"method":"tools/call","params":{"name":"counter","arguments":{${args}},${params}${META}}}`;
}

export const nested = (depth: number): string => `"deep":${'['.repeat(depth)}${']'.repeat(depth)}`;

export interface Smuggled {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly status: number;
  readonly code: number;
  /** What the refusal names. */
  readonly says: RegExp;
  readonly contentType?: string | null;
  readonly encoding?: string;
}

export const smuggledBodies: readonly Smuggled[] = [
  {
    name: 'a call in an array',
    body: `[${call()}]`,
    status: 400,
    code: -32600,
    says: /arrays/,
  },
  {
    name: 'an array that hides a call behind a harmless message',
    body: `[{"jsonrpc":"2.0","method":"notifications/initialized"},${call()}]`,
    status: 400,
    code: -32600,
    says: /arrays/,
  },
  {
    name: 'a key that is there twice',
    body: call('"name":"delete_everything",'),
    status: 400,
    code: -32700,
    says: /repeats a key/,
  },
  {
    name: 'a key that is there twice, once in escapes',
    body: call('"n\\u0061me":"delete_everything",'),
    status: 400,
    code: -32700,
    says: /repeats a key/,
  },
  {
    name: 'an argument that is there twice',
    body: call('', '"amount":1,"amount":1000000'),
    status: 400,
    code: -32700,
    says: /repeats a key/,
  },
  {
    name: 'a method that is there twice',
    body: call('', '', '"method":"ping",'),
    status: 400,
    code: -32700,
    says: /repeats a key/,
  },
  {
    name: 'a byte order mark',
    body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(call())]),
    status: 400,
    code: -32700,
    says: /byte order mark/,
  },
  {
    name: 'bytes that are not UTF-8',
    body: Buffer.from(call('', '"a":"\xff\xfe"'), 'latin1'),
    status: 400,
    code: -32700,
    says: /UTF-8/,
  },
  {
    name: 'an overlong encoding',
    body: Buffer.from(call('', '"a":"\xc0\xaf"'), 'latin1'),
    status: 400,
    code: -32700,
    says: /UTF-8/,
  },
  {
    name: 'UTF-16',
    body: Buffer.from(call(), 'utf16le'),
    status: 400,
    code: -32700,
    says: /JSON/,
  },
  {
    name: 'half a surrogate pair',
    body: call('', '"a":"\\ud800"'),
    status: 400,
    code: -32700,
    says: /surrogate/,
  },
  {
    name: 'a second message after the first',
    body: `${call()}\n${call()}`,
    status: 400,
    code: -32700,
    says: /one JSON value/,
  },
  {
    name: 'a comment',
    body: call('/* */'),
    status: 400,
    code: -32700,
    says: /one JSON value/,
  },
  {
    name: 'no body at all',
    body: '',
    status: 400,
    code: -32700,
    says: /one JSON value/,
  },
  {
    name: 'an integer past 2^53',
    body: call('', '"amount":9007199254740993'),
    status: 400,
    code: -32700,
    says: /number is not exact/,
  },
  {
    name: 'a number past every double',
    body: call('', '"amount":1e400'),
    status: 400,
    code: -32700,
    says: /number is not exact/,
  },
  {
    name: 'a key named __proto__',
    body: call('', '"__proto__":{"admin":true}'),
    status: 400,
    code: -32700,
    says: /__proto__/,
  },
  {
    name: 'a key named __proto__, in escapes',
    body: call('', '"\\u005f_proto__":{"admin":true}'),
    status: 400,
    code: -32700,
    says: /__proto__/,
  },
  {
    name: 'nesting beyond spec.limits.maxDepth',
    body: call('', nested(MAX_DEPTH)),
    status: 400,
    code: -32700,
    says: /nested over 16/,
  },
  {
    name: 'nesting that would overflow a stack',
    body: call('', nested(20_000)),
    status: 400,
    code: -32700,
    says: /nested over 16/,
  },
  {
    name: 'a body beyond spec.limits.maxBodyBytes',
    body: call('', `"a":"${'x'.repeat(MAX_BODY_BYTES)}"`),
    status: 413,
    code: -32600,
    says: /maxBodyBytes/,
  },
  {
    name: 'a compressed body',
    body: gzipSync(call()),
    encoding: 'gzip',
    status: 415,
    code: -32600,
    says: /Content-Encoding/,
  },
  {
    name: 'a body that says it is compressed',
    body: call(),
    encoding: 'identity, gzip',
    status: 415,
    code: -32600,
    says: /Content-Encoding/,
  },
  {
    name: 'a body of another media type',
    body: call(),
    contentType: 'text/plain',
    status: 415,
    code: -32600,
    says: /application\/json/,
  },
  {
    name: 'a body of no media type',
    body: call(),
    contentType: null,
    status: 415,
    code: -32600,
    says: /application\/json/,
  },
  {
    name: 'a body in another charset',
    body: call(),
    contentType: 'application/json; charset=utf-7',
    status: 415,
    code: -32600,
    says: /application\/json/,
  },
  {
    name: 'a request that is a response as well',
    body: call('', '', '"result":{},'),
    status: 400,
    code: -32600,
    says: /either method/,
  },
  {
    name: 'a call that is a notification',
    body: call().replace('"id":1,', ''),
    status: 400,
    code: -32600,
    says: /needs an id/,
  },
  {
    name: 'an id that is neither text nor an integer',
    body: call().replace('"id":1,', '"id":{"a":1},'),
    status: 400,
    code: -32600,
    says: /id must be/,
  },
  {
    name: 'a tool whose name is a list',
    body: call().replace('"counter"', '["counter"]'),
    status: 400,
    code: -32600,
    says: /params\.name/,
  },
  {
    name: 'parameters by position',
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["counter"]}',
    status: 400,
    code: -32600,
    says: /params must be an object/,
  },
  {
    name: 'another JSON-RPC than 2.0',
    body: call().replace('"2.0"', '"1.0"'),
    status: 400,
    code: -32600,
    says: /jsonrpc/,
  },
];
