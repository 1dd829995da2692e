// Reads OTLP as its official definitions say, with a library that shares nothing with the one that wrote
// it. A field that the definitions do not have is an error, as is an id of another length.

import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

export type Encoding = 'protobuf' | 'json';

/** A message as OTLP/JSON has it: 64-bit numbers as texts, bytes in hex. */
export type Plain = { readonly [key: string]: unknown };

const DEFINITIONS = fileURLToPath(new URL('testdata/', import.meta.url));

const SERVICES = {
  '/v1/traces': service('trace', 'Trace'),
  '/v1/logs': service('logs', 'Logs'),
  '/v1/metrics': service('metrics', 'Metrics'),
} as const;
export type SignalPath = keyof typeof SERVICES;

export function isSignalPath(path: string): path is SignalPath {
  return path in SERVICES;
}

function service(folder: string, name: string) {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => `${DEFINITIONS}${target}`;
  root.loadSync(`opentelemetry/proto/collector/${folder}/v1/${folder}_service.proto`);
  const of = (kind: string) =>
    root.lookupType(`opentelemetry.proto.collector.${folder}.v1.Export${name}Service${kind}`);
  return { request: of('Request'), response: of('Response') };
}

/** Throws when the body is not a request of this signal. */
export function decodeRequest(path: SignalPath, encoding: Encoding, body: Buffer): Plain {
  const { request } = SERVICES[path];
  if (encoding === 'json') {
    return readFields(request, JSON.parse(body.toString('utf8')) as Plain, (hex) => hex);
  }
  const plain = request.toObject(request.decode(body), { longs: String, bytes: String });
  const inHex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');
  return readFields(request, plain, inHex);
}

/** What a receiver answers: nothing to say, unless it rejects something. */
export function encodeResponse(path: SignalPath, encoding: Encoding, response: Plain): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify(response));
  const type = SERVICES[path].response;
  return Buffer.from(type.encode(type.fromObject(response)).finish());
}

const ID_DIGITS: ReadonlyMap<string, number> = new Map([
  ['traceId', 32],
  ['spanId', 16],
  ['parentSpanId', 16],
]);

function readFields(type: protobuf.Type, plain: Plain, hexOf: (bytes: string) => string): Plain {
  const read = Object.entries(plain).map(([key, value]) => {
    const field = type.fields[key]?.resolve();
    if (field === undefined) throw new Error(`${type.name} has no field ${key}`);
    const one = (each: unknown): unknown => {
      if (field.resolvedType instanceof protobuf.Type) {
        return readFields(field.resolvedType, each as Plain, hexOf);
      }
      return field.type === 'bytes' ? idOf(field.name, hexOf(String(each))) : each;
    };
    return [key, Array.isArray(value) ? value.map(one) : one(value)];
  });
  return Object.fromEntries(read);
}

function idOf(name: string, hex: string): string {
  const digits = ID_DIGITS.get(name);
  const isId = digits === undefined || (hex.length === digits && /^[\da-f]*$/.test(hex));
  if (!isId && hex !== '') throw new Error(`${name} is no id`);
  return hex;
}
