// Reads where Redis is from one URL: a server, a server behind Sentinels, or the first nodes of a
// Cluster. Whatever is wrong is named by its part; the URL itself may hold a password and is not quoted.

import { RedisFault } from './fault.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

interface Access {
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
}

export type RedisTarget = Access &
  (
    | { readonly kind: 'server'; readonly address: Address; readonly db: number }
    | {
        readonly kind: 'sentinel';
        readonly sentinels: readonly Address[];
        readonly master: string;
        readonly db: number;
      }
    | { readonly kind: 'cluster'; readonly nodes: readonly Address[] }
  );

export const URL_FORMS =
  'redis://HOST:PORT, rediss://HOST:PORT (TLS), redis+sentinel://HOST:PORT,HOST:PORT/MASTER, or redis://HOST:PORT,HOST:PORT,… for a Cluster';

const SCHEMES: ReadonlyMap<string, { readonly tls: boolean; readonly sentinel: boolean }> = new Map(
  [
    ['redis', { tls: false, sentinel: false }],
    ['rediss', { tls: true, sentinel: false }],
    ['redis+sentinel', { tls: false, sentinel: true }],
    ['rediss+sentinel', { tls: true, sentinel: true }],
  ],
);

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;
/** A client needs to know a few nodes only; the others it asks for. */
const MAX_ADDRESSES = 32;

const FORM = /^([a-z+]+):\/\/(?:([^@]*)@)?([^/@]*)((?:\/[^/@]*){0,2})$/;

/** Whether it is meant as the address of a Redis, and not as a folder. */
export function isRedisUrl(text: string): boolean {
  return /^rediss?(?:\+sentinel)?:\/\//.test(text);
}

/** Throws RedisFault; `source` is what the message calls it, such as `--redis`. */
export function readRedisUrl(url: string, source: string): RedisTarget {
  const wrong = (what: string) => new RedisFault('url_invalid', `${source}: ${what}`);
  // Each entry of a comma list may be a URL of its own; they then say the same before the host.
  const [, scheme = '', login, hosts = '', path = ''] = FORM.exec(joined(url)) ?? [];
  const kind = SCHEMES.get(scheme);
  if (kind === undefined) throw wrong(`must be ${URL_FORMS}`);
  const port = kind.sentinel ? SENTINEL_PORT : REDIS_PORT;
  const addresses = hosts.split(',').map((text) => readAddress(text, port));
  if (addresses.length > MAX_ADDRESSES) throw wrong(`names more than ${MAX_ADDRESSES} addresses`);
  if (!addresses.every((address) => address !== undefined)) {
    throw wrong('has an address that is not HOST or HOST:PORT, with a port from 1 to 65535');
  }
  const access = { tls: kind.tls, ...readLogin(login, wrong) };
  const [first = '', second = ''] = path.slice(1).split('/');
  if (kind.sentinel) {
    if (!/^[\w.-]{1,128}$/.test(first)) {
      throw wrong('needs the name of the master behind the hosts, such as /mymaster');
    }
    return {
      kind: 'sentinel',
      sentinels: addresses,
      master: first,
      db: db(second, wrong),
      ...access,
    };
  }
  if (second !== '') throw wrong('has more than a database number behind the host');
  const [address, ...others] = addresses;
  if (others.length === 0 && address !== undefined) {
    return { kind: 'server', address, db: db(first, wrong), ...access };
  }
  if (first !== '') throw wrong('must not name a database: a Cluster has only database 0');
  return { kind: 'cluster', nodes: addresses, ...access };
}

/** `redis://a:1,redis://b:2` -> `redis://a:1,b:2`. */
function joined(url: string): string {
  const [first = '', ...others] = url.split(',');
  const prefix = /^[a-z+]+:\/\/(?:[^@]*@)?/.exec(first)?.[0] ?? '';
  return [
    first,
    ...others.map((other) =>
      prefix !== '' && other.startsWith(prefix) ? other.slice(prefix.length) : other,
    ),
  ].join(',');
}

function readAddress(text: string, defaultPort: number): Address | undefined {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? defaultPort : Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

type Wrong = (what: string) => RedisFault;

function readLogin(login: string | undefined, wrong: Wrong): Omit<Access, 'tls'> {
  if (login === undefined) return {};
  const at = login.indexOf(':');
  const username = decoded(at === -1 ? login : login.slice(0, at), wrong);
  const password = at === -1 ? '' : decoded(login.slice(at + 1), wrong);
  return {
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
  };
}

function decoded(text: string, wrong: Wrong): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('has a user name or password that is not percent-encoded');
  }
}

function db(text: string, wrong: Wrong): number {
  const number = /^\d{0,4}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number)) throw wrong('has a database that is not a number');
  return number;
}
