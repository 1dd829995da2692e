// What the head of a request alone settles: from where it may come, and which token it brings.

import { isIP } from 'node:net';
import { isLoopback } from '#core/identity/loopback.ts';
import type { ApiError } from './api-answer.ts';

/** Header values that occurred twice stay visible as such. */
export type Headers = Readonly<NodeJS.Dict<string[]>>;

/**
 * Against DNS rebinding: a page reaches this address under a name of its own choosing, never under an
 * address or a loopback name. And no page of another origin has any business here: there is no CORS.
 */
export function refuseHead(headers: Headers, hosts: readonly string[]): ApiError | undefined {
  const host = only(headers.host)?.toLowerCase();
  const name = host === undefined ? undefined : hostnameOf(host);
  if (host === undefined || name === undefined || !isOurs(name, hosts)) {
    const reason = 'Host: call this address by localhost, by its IP address or as --admin names it';
    return { code: 'host_not_allowed', reason };
  }
  const origin = headers.origin === undefined ? undefined : (only(headers.origin) ?? '');
  return origin === undefined || origin.toLowerCase() === `http://${host}`
    ? undefined
    : { code: 'origin_not_allowed', reason: 'Origin: pages of other origins cannot decide here' };
}

/** A token that comes over a network in the clear can be used by whoever listens. */
export function refuseFarAway(
  address: string | undefined,
  allowPlainHttp: boolean,
): ApiError | undefined {
  const isNear = address !== undefined && isLoopback(loopbackName(address));
  return isNear || allowPlainHttp
    ? undefined
    : {
        code: 'transport_plain',
        reason:
          'plain http is taken from this machine alone: forward the port, or put TLS in front and start with --allow-plain-http',
      };
}

/** As URL writes it; IPv4 inside IPv6 is how a socket of both shows it. */
function loopbackName(address: string): string {
  const bare = address.replace(/^::ffff:/i, '');
  return isIP(bare) === 6 ? `[${bare}]` : bare;
}

export interface NoBearer extends ApiError {
  readonly code: 'token_missing' | 'token_invalid';
}

/** The token, or what is wrong with how it was sent. */
export function bearerOf({ authorization }: Headers): string | NoBearer {
  if (authorization === undefined) {
    return { code: 'token_missing', reason: 'send Authorization: Bearer <token for approvals>' };
  }
  // Anything but one Bearer credential is read by somebody in another way than by us.
  const [scheme, token, ...rest] = (only(authorization) ?? '').split(' ');
  return scheme?.toLowerCase() === 'bearer' && token !== undefined && rest.length === 0
    ? token
    : { code: 'token_invalid', reason: 'Authorization must be one Bearer token' };
}

/** The value of a header that occurred exactly once. */
export function only(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 ? values[0] : undefined;
}

function hostnameOf(host: string): string | undefined {
  const url = `http://${host}/`;
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  // Nothing but a name and a port: no user part, no path smuggled in.
  return parsed.host === host || `${parsed.host}:80` === host ? parsed.hostname : undefined;
}

function isOurs(name: string, hosts: readonly string[]): boolean {
  const address = name.replace(/^\[(.*)\]$/, '$1');
  return isLoopback(name) || isIP(address) !== 0 || hosts.includes(name);
}
