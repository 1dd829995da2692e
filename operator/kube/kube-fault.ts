// What the API server said no with: its status and reason. Its message may quote an object, a Secret among
// them, so it is kept only where the object is ours to show: rejected policies say which field.

export interface KubeFaultParts {
  /** 0 when no answer came. */
  readonly status: number;
  /** Such as `Conflict` or `Expired`. */
  readonly reason: string;
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

export class KubeFault extends Error {
  override readonly name = 'KubeFault';
  readonly code = 'kube';
  readonly status: number;
  readonly reason: string;
  readonly retryAfterSeconds: number | undefined;

  constructor({ status, reason, retryAfterSeconds, cause }: KubeFaultParts) {
    super(`the API server answered ${status === 0 ? 'nothing usable' : status} (${reason})`, {
      cause,
    });
    this.status = status;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The version to go on from is gone: everything has to be listed again. */
export function isExpired(error: unknown): boolean {
  return error instanceof KubeFault && (error.status === 410 || error.reason === 'Expired');
}

export function isConflict(error: unknown): boolean {
  return error instanceof KubeFault && error.status === 409;
}

/** Nobody waits longer because a peer says so. */
const MAX_RETRY_AFTER_SECONDS = 60;

export function kubeFault(
  status: number,
  body: string,
  retryAfter: string | string[] | undefined,
): KubeFault {
  const seconds = typeof retryAfter === 'string' ? Number(retryAfter) : Number.NaN;
  return new KubeFault({
    status,
    reason: reasonOf(body) ?? `HTTP${status}`,
    ...(seconds >= 0 ? { retryAfterSeconds: Math.min(seconds, MAX_RETRY_AFTER_SECONDS) } : {}),
  });
}

/** `reason` of a Status object. */
function reasonOf(body: string): string | undefined {
  try {
    const { reason } = Object(JSON.parse(body));
    return typeof reason === 'string' && /^[A-Za-z]{1,64}$/.test(reason) ? reason : undefined;
  } catch {
    return undefined;
  }
}
