// Probes of the governed server, as GATEHOUSE_APP_PROBES says them: injection pointed the kubelet at our admin
// address, since the server itself may be reachable from inside the pod alone.

import { SettingsFault } from '../settings.ts';

interface Timed {
  readonly port: number;
  readonly timeoutMillis: number;
}

export type AppProbe =
  | (Timed & {
      readonly kind: 'http';
      readonly path: string;
      readonly scheme: 'http' | 'https';
      readonly headers: readonly (readonly [string, string])[];
    })
  | (Timed & { readonly kind: 'tcp' })
  | (Timed & { readonly kind: 'grpc'; readonly service: string });

/** By path on the admin address. */
export type AppProbes = ReadonlyMap<string, AppProbe>;

export const APP_HEALTH = '/app-health';

const MAX_CHARS = 65_536;
const MAX_TIMEOUT_SECONDS = 300;

/** Throws SettingsFault; without any probes the map is empty. */
export function readAppProbes(text: string | undefined): AppProbes {
  if (text === undefined || text === '') return new Map();
  const entries = Object.entries(Object(parse(text)));
  return new Map(entries.map(([path, probe]) => [path, readProbe(path, Object(probe))]));
}

function parse(text: string): unknown {
  try {
    return text.length > MAX_CHARS ? undefined : JSON.parse(text);
  } catch {
    throw fault('must be JSON');
  }
}

function readProbe(
  path: string,
  { httpGet, tcpSocket, grpc, timeoutSeconds = 1 }: Asked,
): AppProbe {
  if (!path.startsWith(`${APP_HEALTH}/`)) throw fault(`${path}: must lie under ${APP_HEALTH}/`);
  const seconds = Number(timeoutSeconds);
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS)) {
    throw fault(`${path}: timeoutSeconds must be from 1 to ${MAX_TIMEOUT_SECONDS}`);
  }
  const timed = (port: unknown) => ({ port: portOf(path, port), timeoutMillis: seconds * 1000 });
  if (httpGet !== undefined) return readHttp(timed(httpGet.port), httpGet);
  if (tcpSocket !== undefined) return { kind: 'tcp', ...timed(tcpSocket.port) };
  if (grpc === undefined) throw fault(`${path}: must say httpGet, tcpSocket or grpc`);
  return { kind: 'grpc', ...timed(grpc.port), service: String(grpc.service ?? '') };
}

interface Asked {
  readonly httpGet?: HttpGet;
  readonly tcpSocket?: { readonly port?: unknown };
  readonly grpc?: { readonly port?: unknown; readonly service?: unknown };
  readonly timeoutSeconds?: unknown;
}

interface HttpGet {
  readonly port?: unknown;
  readonly path?: unknown;
  readonly scheme?: unknown;
  readonly headers?: readonly { readonly name?: unknown; readonly value?: unknown }[];
}

function readHttp(
  timed: Timed,
  { path = '/', scheme = 'HTTP', headers: given = [] }: HttpGet,
): AppProbe {
  const headers = given.map(({ name, value }) => [String(name), String(value ?? '')] as const);
  const asked = String(path);
  return {
    kind: 'http',
    ...timed,
    path: asked.startsWith('/') ? asked : `/${asked}`,
    scheme: scheme === 'HTTPS' ? 'https' : 'http',
    headers,
  };
}

function portOf(path: string, port: unknown): number {
  if (typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw fault(`${path}: port must be a number from 1 to 65535`);
}

function fault(what: string): SettingsFault {
  return new SettingsFault(`GATEHOUSE_APP_PROBES: ${what}`);
}
