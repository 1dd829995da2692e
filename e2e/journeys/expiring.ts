// The end of a token, by what it says of itself.

import { until } from './until.ts';

/** Tokens that are to run out in a test live for seconds, for the way to the gateway may take some. */
export async function untilExpired(token: string): Promise<void> {
  const [, claims = ''] = token.split('.');
  const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
  await until('the end of the token', () => Date.now() / 1000 > exp);
}
