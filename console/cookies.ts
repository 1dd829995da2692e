// The two cookies: one for a visit, one for a sign-in under way. `__Host-` makes the browser hold them to
// this host, this path and a secure connection, for which loopback over http counts (Chromium, Firefox).

export type CookieName = 'visit' | 'sign-in';

const NAMES: Readonly<Record<CookieName, string>> = {
  visit: '__Host-gatehouse',
  'sign-in': '__Host-gatehouse-sign-in',
};

/** Browsers send no more than 4 KiB for one cookie; ours are far below. */
const MAX_COOKIE_CHARS = 4096;
const COOKIE_VALUE = /^[A-Za-z0-9_-]+$/;

export function setCookie(name: CookieName, value: string, maxAgeSeconds: number): string {
  if (!COOKIE_VALUE.test(value)) throw new RangeError('a cookie is base64url');
  // Lax: a link in a message, and the way back from the identity provider, must find its visit. What
  // changes anything is guarded by the form's token and the Origin header.
  return `${NAMES[name]}=${value}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Lax`;
}

export function clearCookie(name: CookieName): string {
  return `${NAMES[name]}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax`;
}

/** The value the browser sent; undefined when there is none, when there are two, or it is not one of ours. */
export function readCookie(header: string | undefined, name: CookieName): string | undefined {
  const values = (header ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return pair.slice(0, at).trim() === NAMES[name] ? [pair.slice(at + 1).trim()] : [];
  });
  const [only] = values;
  return values.length === 1 && only !== undefined && isOurs(only) ? only : undefined;
}

function isOurs(value: string): boolean {
  return value.length <= MAX_COOKIE_CHARS && COOKIE_VALUE.test(value);
}
