// Signs a notification as the Standard Webhooks specification says (v1, HMAC-SHA-256), so that any of its
// libraries verifies it: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
/** What the specification asks of a secret. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Undefined when it is none; what is wrong with a secret must not be said with its text. */
export function parseSigningSecret(text: string): Buffer | undefined {
  const encoded = text.trim().replace(PREFIX, '');
  if (!text.trim().startsWith(PREFIX) || !BASE64.test(encoded)) return undefined;
  const secret = Buffer.from(encoded, 'base64');
  const { byteLength } = secret;
  return byteLength >= MIN_SECRET_BYTES && byteLength <= MAX_SECRET_BYTES ? secret : undefined;
}

/** `id` is that of the notification, the same at each try; `timestampSeconds` is that of the try. */
export function signedHeaders(
  { id, timestampSeconds }: { readonly id: string; readonly timestampSeconds: number },
  body: string,
  secret: Buffer,
): Readonly<Record<string, string>> {
  const signed = `${id}.${timestampSeconds}.${body}`;
  const signature = createHmac('sha256', secret).update(signed).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': `v1,${signature}`,
  };
}
