// AdmissionReview v1 as the API server sends it, and the answers it takes. Only what handlers need is read.

import type { PatchOperation } from '../injection/json-patch.ts';

export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly operation: Operation;
  readonly object: unknown;
  readonly oldObject: unknown;
  readonly isDryRun: boolean;
  readonly user: { readonly name: string; readonly uid: string };
}

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

export type Verdict =
  | {
      readonly allowed: true;
      readonly patch?: readonly PatchOperation[];
      readonly warnings?: readonly string[];
    }
  | { readonly allowed: false; readonly why: string; readonly status?: number };

export type Handler = (request: AdmissionRequest) => Promise<Verdict>;

const API_VERSION = 'admission.k8s.io/v1';
/** The API server cuts warnings off at 256 characters each and 4096 in all. */
const MAX_WARNINGS = 10;
/** Shown in events of ReplicaSets, which hold 1024. */
const MAX_WHY_CHARS = 900;
const OPERATIONS: readonly unknown[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];

export function allow(warnings: readonly string[] = []): Verdict {
  return { allowed: true, warnings };
}

export function deny(why: string, status = 403): Verdict {
  return { allowed: false, why, status };
}

/** Undefined for what is not a review of this version. */
export function readReview(body: unknown): AdmissionRequest | undefined {
  const { apiVersion, request } = Object(body);
  const { uid, kind, operation, userInfo } = Object(request);
  if (apiVersion !== API_VERSION || typeof uid !== 'string' || !OPERATIONS.includes(operation)) {
    return undefined;
  }
  return {
    uid,
    kind: text(Object(kind).kind),
    // Empty in the object itself where a controller makes it.
    namespace: text(request.namespace),
    name: text(request.name),
    operation,
    object: request.object ?? undefined,
    oldObject: request.oldObject ?? undefined,
    isDryRun: request.dryRun === true,
    user: { name: text(Object(userInfo).username), uid: text(Object(userInfo).uid) },
  };
}

export function writeReview(uid: string, verdict: Verdict): object {
  return {
    apiVersion: API_VERSION,
    kind: 'AdmissionReview',
    response: { uid, ...answer(verdict) },
  };
}

function answer(verdict: Verdict): object {
  if (!verdict.allowed) {
    const { why, status = 403 } = verdict;
    const message = why.length > MAX_WHY_CHARS ? `${why.slice(0, MAX_WHY_CHARS)}…` : why;
    return { allowed: false, status: { code: status, reason: reasonOf(status), message } };
  }
  const { patch = [], warnings = [] } = verdict;
  return {
    allowed: true,
    ...(warnings.length === 0 ? {} : { warnings: warnings.slice(0, MAX_WARNINGS) }),
    ...(patch.length === 0
      ? {}
      : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
  };
}

function reasonOf(status: number): string {
  if (status === 422) return 'Invalid';
  return status >= 500 ? 'InternalError' : 'Forbidden';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
