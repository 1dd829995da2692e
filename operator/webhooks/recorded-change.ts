// Who changed what is governed: on record before it happens, or it does not happen.

import { type Append, isAppended } from './append.ts';
import { type AdmissionRequest, deny, type Verdict } from './review.ts';

export interface Change {
  /** The label or annotation. */
  readonly what: string;
  /** Empty where it was not there, or is no longer. */
  readonly from: string;
  readonly to: string;
}

const MAX_VALUE_CHARS = 128;

/** Undefined when it may go on; a dry run leaves no trace. */
export async function recordedChange(
  append: Append,
  request: AdmissionRequest,
  { what, from, to }: Change,
): Promise<Verdict | undefined> {
  if (request.isDryRun) return undefined;
  const detail = {
    ...who(request),
    kind: request.kind,
    namespace: request.namespace,
    name: request.name,
    label: what,
    from: from.slice(0, MAX_VALUE_CHARS),
    to: to.slice(0, MAX_VALUE_CHARS),
  };
  const done = await isAppended(append, { type: 'injection.changed', detail });
  return done ? undefined : cannotRecord();
}

/** The person or program, as the API server knows it, and the request by which its own audit log does. */
export function who({ user, uid, operation }: AdmissionRequest): Record<string, string> {
  return {
    user: user.name.slice(0, MAX_USER_CHARS),
    userUid: user.uid.slice(0, MAX_USER_CHARS),
    request: uid.slice(0, MAX_USER_CHARS),
    operation,
  };
}

const MAX_USER_CHARS = 512;

export function cannotRecord(): Verdict {
  return deny(
    'Gatehouse cannot record this change as evidence now, so it is refused; try again (the log of Deployment gatehouse-operator, in the namespace of Gatehouse, says why)',
    503,
  );
}
