// Asks the approvals API of a running gateway, with the approver's own token. The token is read from its
// file, sent, and never printed; no answer is believed beyond its bounds.

import type { ShownApproval } from '#core/approvals/shown.ts';
import { isLoopback } from '#core/identity/loopback.ts';
import { readSecretFile, SecretFileFault } from '#platform/file/secret-file.ts';
import { UsageError } from './command.ts';

export interface ApprovalsAddress {
  /** The admin address of the gateway. */
  readonly url: URL;
  readonly tokenFile: string;
}

export interface Asking {
  readonly method: 'GET' | 'POST';
  /** Below the admin address, with a query where there is one. */
  readonly path: string;
  readonly body?: object;
}

export type Told =
  | { readonly kind: 'ok'; readonly value: unknown }
  /** The gateway said no: 4xx. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  /** It could not be asked, or failed. */
  | { readonly kind: 'unanswered'; readonly reason: string };

/** A thousand approvals without arguments are a few megabytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const ANSWER_SECONDS = 30;

export async function askGateway(address: ApprovalsAddress, asking: Asking): Promise<Told> {
  const url = new URL(asking.path, baseOf(address.url));
  const token = await readToken(address.tokenFile);
  try {
    const response = await fetch(url, {
      method: asking.method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(asking.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(asking.body === undefined ? {} : { body: JSON.stringify(asking.body) }),
      // A token must not follow wherever an answer points.
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
    });
    return read(response.status, await boundedJson(response));
  } catch (error) {
    return { kind: 'unanswered', reason: unanswered(error) };
  }
}

/** The one approval of an answer; its shape is the gateway's promise (docs/openapi/approvals.yaml). */
export function approvalIn(value: unknown): ShownApproval | undefined {
  return isObject(value) && typeof value.id === 'string' && Array.isArray(value.votes)
    ? (value as unknown as ShownApproval)
    : undefined;
}

export function approvalsIn(value: unknown): readonly ShownApproval[] | undefined {
  const list = isObject(value) ? value.approvals : undefined;
  if (!Array.isArray(list)) return undefined;
  const approvals = list.flatMap((one) => approvalIn(one) ?? []);
  return approvals.length === list.length ? approvals : undefined;
}

function baseOf(url: URL): URL {
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) {
    throw new UsageError(
      '--url: plain http is taken on loopback only, or others could read the token; use https or forward the port',
    );
  }
  const base = new URL(url);
  base.search = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

async function readToken(file: string): Promise<string> {
  let token: string;
  try {
    token = (await readSecretFile(file)).trim();
  } catch (error) {
    if (!(error instanceof SecretFileFault)) throw error;
    throw new UsageError(`--token-file: ${error.message}`);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError('--token-file: must hold one token and nothing else');
  }
  return token;
}

function read(status: number, body: unknown): Told {
  const said = isObject(body) ? body : {};
  if (status === 200) return { kind: 'ok', value: body };
  const code = typeof said.code === 'string' ? said.code : '';
  const reason = typeof said.reason === 'string' ? said.reason : `it answered ${status}`;
  if (code === '') {
    return {
      kind: 'unanswered',
      reason: `${reason}, which is no approvals API: is --url the admin address?`,
    };
  }
  return status < 500 ? { kind: 'refused', code, reason } : { kind: 'unanswered', reason };
}

/** Undefined for what is no JSON. */
async function boundedJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) throw new RangeError('the answer is too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

function unanswered(error: unknown): string {
  if (!(error instanceof Error)) return 'the gateway could not be asked';
  if (error.name === 'TimeoutError') return `no answer came within ${ANSWER_SECONDS} s`;
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return error instanceof RangeError
    ? error.message
    : `the gateway cannot be reached${code}: is --url its admin address, and does it run?`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
