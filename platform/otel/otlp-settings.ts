// Where telemetry goes, from `--otlp` and the standard variables. Off when neither names a receiver;
// plain http only to this machine, since spans tell who calls what.

import { isLoopback } from '#core/identity/loopback.ts';
import {
  type Environment,
  exporterSetting,
  type Found,
  millis,
  OtlpFault,
  pairs,
  SIGNALS,
  type Signal,
  setting,
} from './otlp-env.ts';

export interface OtlpEndpoint {
  readonly url: URL;
  /** Often a credential of the receiver's: goes nowhere but there. */
  readonly headers: ReadonlyMap<string, string>;
  readonly encoding: 'protobuf' | 'json';
  readonly gzip: boolean;
  /** For one attempt, from its first byte to the end of the answer. */
  readonly timeoutMillis: number;
  /** Files that hold PEM. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** How long items wait for others to go with them; of metrics, how often they go. */
  readonly delayMillis: number;
}

export interface OtlpSettings {
  /** A signal that is not in it is not exported. */
  readonly endpoints: ReadonlyMap<Signal, OtlpEndpoint>;
  readonly resource: ReadonlyMap<string, string>;
  /** JSON-RPC codes that are the caller's mistake, which leaves a SERVER span's status unset. */
  readonly callerErrors: ReadonlySet<number>;
}

export interface OtlpSource {
  /** `--otlp`: wins over every endpoint variable. */
  readonly url?: URL;
  /** `--otlp-caller-errors`. */
  readonly callerErrors?: string;
  readonly env: Environment;
  readonly version: string;
  readonly allowPlainHttp: boolean;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DELAYS: Readonly<Record<Signal, { readonly variable: string; readonly millis: number }>> = {
  traces: { variable: 'OTEL_BSP_SCHEDULE_DELAY', millis: 1000 },
  logs: { variable: 'OTEL_BLRP_SCHEDULE_DELAY', millis: 1000 },
  metrics: { variable: 'OTEL_METRIC_EXPORT_INTERVAL', millis: 60_000 },
};
/** Parse error, invalid request, unknown method, invalid params (MCP conventions, span status). */
const CALLER_ERRORS = '-32700,-32600,-32601,-32602';

/** Undefined when telemetry is off; throws OtlpFault when it cannot be had as asked. */
export function readOtlpSettings(source: OtlpSource): OtlpSettings | undefined {
  const { env } = source;
  if (setting(env, 'OTEL_SDK_DISABLED')?.value.toLowerCase() === 'true') return undefined;
  const endpoints = new Map<Signal, OtlpEndpoint>();
  for (const signal of SIGNALS) {
    const url = urlOf(signal, source);
    // Who names no receiver is not asked about the rest, which may be meant for other programs.
    if (url === undefined || !isWanted(signal, env)) continue;
    endpoints.set(signal, endpointOf(signal, url, source));
  }
  if (endpoints.size === 0) return undefined;
  return { endpoints, resource: resourceOf(source), callerErrors: codesOf(source.callerErrors) };
}

/** OTEL_TRACES_EXPORTER=none and its twins; what else it may name is not ours to run. */
function isWanted(signal: Signal, env: Environment): boolean {
  const found = setting(env, `OTEL_${signal.toUpperCase()}_EXPORTER`);
  if (found === undefined || found.value === 'otlp') return true;
  if (found.value === 'none') return false;
  throw new OtlpFault(`${found.name}: Gatehouse exports otlp or none; set one of them`);
}

function urlOf(signal: Signal, { url, env }: OtlpSource): URL | undefined {
  if (url !== undefined) return joined(url, signal);
  const own = setting(env, `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`);
  if (own !== undefined) return parsed(own);
  const base = setting(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  return base === undefined ? undefined : joined(parsed(base), signal);
}

/** A base URL gets `v1/traces` and so on appended to its path; one signal's own URL is used as it is. */
function joined(base: URL, signal: Signal): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/v1/${signal}`;
  return url;
}

function parsed({ name, value }: Found): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new OtlpFault(`${name}: must be a URL, such as https://collector.example:4318`);
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new OtlpFault(`${name}: put credentials in OTEL_EXPORTER_OTLP_HEADERS, not into the URL`);
  }
  return url;
}

function endpointOf(signal: Signal, url: URL, source: OtlpSource): OtlpEndpoint {
  const { env, allowPlainHttp } = source;
  if (url.protocol !== 'https:' && !allowPlainHttp && !isLoopback(url.hostname)) {
    throw new OtlpFault(
      `${signal} would go by plain http beyond loopback; use https, or add --allow-plain-http`,
    );
  }
  const of = (name: string): Found | undefined => exporterSetting(env, signal, name);
  const delay = DELAYS[signal];
  return {
    url,
    headers: headersOf(signal, env),
    encoding: encodingOf(of('PROTOCOL')),
    gzip: isGzip(of('COMPRESSION')),
    timeoutMillis: millis(of('TIMEOUT'), DEFAULT_TIMEOUT_MS),
    tls: {
      ...file('ca', of('CERTIFICATE')),
      ...file('cert', of('CLIENT_CERTIFICATE')),
      ...file('key', of('CLIENT_KEY')),
    },
    delayMillis: millis(setting(env, delay.variable), delay.millis),
  };
}

/** Visible ASCII and spaces; names as RFC 9110 section 5.6.2 has them. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\x20-\x7e]*$/;

/** The signal's own headers join the general ones and win. */
function headersOf(signal: Signal, env: Environment): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const name of ['', `${signal.toUpperCase()}_`]) {
    const found = setting(env, `OTEL_EXPORTER_OTLP_${name}HEADERS`);
    for (const [key, value] of pairs(found)) {
      if (!HEADER_NAME.test(key) || !HEADER_VALUE.test(value)) {
        throw new OtlpFault(`${found?.name}: holds something that cannot be a header`);
      }
      headers.set(key.toLowerCase(), value);
    }
  }
  return headers;
}

function encodingOf(found: Found | undefined): OtlpEndpoint['encoding'] {
  switch (found?.value) {
    case undefined:
    case 'http/protobuf':
      return 'protobuf';
    case 'http/json':
      return 'json';
    default:
      throw new OtlpFault(
        `${found?.name}: Gatehouse speaks http/protobuf and http/json, mostly on port 4318; set one of them`,
      );
  }
}

function isGzip(found: Found | undefined): boolean {
  if (found === undefined || found.value === 'none') return false;
  if (found.value === 'gzip') return true;
  throw new OtlpFault(`${found.name}: must be gzip or none`);
}

function file(
  what: keyof OtlpEndpoint['tls'],
  found: Found | undefined,
): Partial<OtlpEndpoint['tls']> {
  return found === undefined ? {} : { [what]: found.value };
}

/** OTEL_SERVICE_NAME wins over the same attribute (resource specification). */
function resourceOf({ env, version }: OtlpSource): ReadonlyMap<string, string> {
  const name = setting(env, 'OTEL_SERVICE_NAME');
  return new Map([
    ['service.name', 'gatehouse'],
    ['service.version', version],
    ...pairs(setting(env, 'OTEL_RESOURCE_ATTRIBUTES')),
    ...(name === undefined ? [] : [['service.name', name.value] as const]),
  ]);
}

function codesOf(text: string = CALLER_ERRORS): ReadonlySet<number> {
  const codes = text.split(',').map((code) => code.trim());
  if (codes.some((code) => !/^-?\d{1,10}$/.test(code))) {
    throw new OtlpFault('--otlp-caller-errors: must be JSON-RPC codes, such as -32601,-32602');
  }
  return new Set(codes.map(Number));
}
