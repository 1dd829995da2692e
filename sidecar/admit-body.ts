// Third stage: one parse of the body, its headers checked against it, and the session it names opened
// for the principal that owns it. What comes out is what policy judges and what is forwarded.

import type { Principal } from '#core/identity/principal.ts';
import { checkHeaders } from '#core/mcp/headers.ts';
import { readJson } from '#core/mcp/json.ts';
import { parseMessage } from '#core/mcp/message.ts';
import type { JsonValue, Message } from '#core/mcp/messages.ts';
import { ERROR_CODES } from '#core/mcp/replies.ts';
import { eraOf, isRevision, type Revision } from '#core/mcp/revisions.ts';
import { TASKS_REQUIRED } from '#core/mcp/tasks.ts';
import { LISTEN } from '#core/policy/rule-match.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import { type Head, only } from './admit-head.ts';
import type { RefusalContext } from './refuse.ts';
import type { Session, Sessions } from './sessions.ts';
import type { RequestStates } from './state.ts';
import { takeListen } from './take-listen.ts';
import { type Carried, type Taken, takeState } from './take-state.ts';
import { type TaskEnvelopes, takeTask } from './take-task.ts';
import type { NamedTask } from './task-ids.ts';

export interface Admission {
  readonly kind: 'admitted';
  readonly message: Message;
  /** What goes upstream: the bytes that came, but for what the client carried sealed, put back. */
  readonly bytes: Uint8Array;
  /** The message as it came, for masking: its bytes and what they say. */
  readonly received: { readonly bytes: Uint8Array; readonly value: JsonValue };
  readonly revision: Revision;
  readonly session?: Session;
  /** What the client carried for us: of a round of waiting, or of an approval that goes on. */
  readonly carried: Carried;
  /** The task that the message is about. */
  readonly task?: NamedTask;
}

export interface BodyRefusal {
  readonly kind: 'refused';
  readonly refusal: Refusal;
  readonly context: RefusalContext;
}

export interface Envelopes extends TaskEnvelopes {
  readonly sessions: Sessions;
  readonly states: RequestStates;
}

export function admitBody(
  head: Head,
  bytes: Uint8Array,
  { principal, snapshot }: { readonly principal: Principal; readonly snapshot: Snapshot },
  envelopes: Envelopes,
): Admission | BodyRefusal {
  const { maxBodyBytes, maxDepth } = snapshot.policy.limits;
  const json = readJson(bytes, { maxBytes: maxBodyBytes, maxDepth, numbers: 'exact' });
  if (!json.ok) return refused({ code: 'json_invalid', reason: json.reason });
  const parsed = parseMessage(json.value);
  if (!parsed.ok) return refused({ code: parsed.code, reason: parsed.reason });
  const { message } = parsed;
  // A modern request is of no session, whatever header it carries (protocol reference 1.1).
  const session = isModern(head) ? undefined : openSession(head, principal, envelopes.sessions);
  if (session?.kind === 'refused') return { ...session, context: { message } };
  const checked = checkHeaders({
    headers: head.headers,
    message,
    ...(session === undefined ? {} : { sessionRevision: session.session.revision }),
  });
  if (!checked.ok) {
    const { code, reason, jsonRpcCode, data, era } = checked;
    const wire = { code: jsonRpcCode, ...(data === undefined ? {} : { data }) };
    return refused({ code, reason }, { message, wire, ...(era === undefined ? {} : { era }) });
  }
  const { revision } = checked;
  const carried = takeState({ message, bytes, value: json.value }, principal, envelopes);
  const context = { message, era: eraOf(revision) };
  if ('code' in carried) return refused(carried, context);
  const listening = takeFollowed(carried, { principal, snapshot }, envelopes);
  const named = takeTask(listening, json.value, principal, envelopes);
  if ('code' in named) return refused(named, { ...context, ...wireOf(named) });
  return {
    kind: 'admitted',
    ...carried,
    ...named,
    revision,
    ...(session === undefined ? {} : { session: session.session }),
  };
}

export type OpenedSession =
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Undefined when the request names no session. */
export function openSession(
  head: Head,
  principal: Principal,
  sessions: Sessions,
): OpenedSession | undefined {
  const values = head.headers['mcp-session-id'];
  if (values === undefined) return undefined;
  const session = sessions.open(principal, only(values) ?? '');
  return session === undefined
    ? {
        kind: 'refused',
        refusal: { code: 'session_unknown', reason: 'no such session; initialize again' },
      }
    : { kind: 'session', session };
}

/** By its header alone: a body that says otherwise is a mismatch. */
export function isModern(head: Head): boolean {
  const version = only(head.headers['mcp-protocol-version'])?.trim() ?? '';
  return isRevision(version) && eraOf(version) === 'modern';
}

function takeFollowed(
  carried: Taken,
  judging: { readonly principal: Principal; readonly snapshot: Snapshot },
  envelopes: Envelopes,
): Pick<Taken, 'message' | 'bytes'> {
  const { message, bytes } = carried;
  if (message.kind !== 'request' || message.method !== LISTEN) return carried;
  return takeListen({ message, bytes }, judging, envelopes);
}

/** What the client lacks, as the extension has it told. */
function wireOf({ code }: Refusal): Pick<RefusalContext, 'wire'> {
  if (code !== 'capability_missing') return {};
  return { wire: { code: ERROR_CODES.missingCapability, data: TASKS_REQUIRED } };
}

function refused(refusal: Refusal, context: RefusalContext = {}): BodyRefusal {
  return { kind: 'refused', refusal, context };
}
