// What a message asks of policy: usually one thing; a request for a stream asks for each resource it
// names as well. Every question must be answered well for the message to pass.

import type { Principal } from '#core/identity/principal.ts';
import {
  isArray,
  type JsonValue,
  memberOf,
  type NotificationMessage,
  type RequestMessage,
  type Target,
} from '#core/mcp/messages.ts';
import { METHODS, type MethodFacts, travels } from '#core/mcp/methods.ts';
import { celInput, UnjudgeableValue } from './cel-input.ts';
import { type JudgedTarget, judgedTarget } from './judged-target.ts';
import { isOpen, LISTEN } from './rule-match.ts';
import type { Case, InputOutcome } from './verdict.ts';

export type JudgedMessage = RequestMessage | NotificationMessage;
export type Direction = 'toServer' | 'toClient';

export interface Question {
  readonly method: string;
  /** Absent for a method of no revision: only a rule that spells it out can allow it. */
  readonly facts?: MethodFacts;
  readonly target?: JudgedTarget;
  /** Needs no rule: plumbing, and lists, which are filtered. */
  readonly isOpen: boolean;
  readonly facing: Case;
}

export type Questions =
  | { readonly ok: true; readonly questions: readonly Question[] }
  /** No rule can allow it. `hidden`: and what it is about is answered as unknown. */
  | { readonly ok: false; readonly reason: string; readonly hidden: boolean };

/** As many as anyone follows; each is matched and judged. */
export const MAX_SUBSCRIPTIONS = 1000;

export function questionsOf(
  principal: Principal,
  message: JudgedMessage,
  direction: Direction,
): Questions {
  const { method } = message;
  const facts = METHODS.get(method);
  if (facts === undefined) {
    return ask({ method, isOpen: false, facing: caseOf(principal, message) });
  }
  if (facts.kind !== message.kind || !travels(method, direction)) {
    return { ok: false, reason: 'this method does not travel this way', hidden: false };
  }
  if (method === LISTEN) return askListen(principal, message, facts);
  const open = isOpen({ method, facts, kind: message.target?.kind });
  if (message.target === undefined) {
    return facts.targetMember === undefined
      ? ask({ method, facts, isOpen: open, facing: caseOf(principal, message) })
      : { ok: false, reason: 'it names no target', hidden: true };
  }
  const target = judgedTarget(message.target, facts.targetMember === 'ref' ? 'allowed' : 'refused');
  if (!target.ok) return { ok: false, reason: UNREADABLE, hidden: true };
  const facing = caseOf(principal, { ...message, target: spelled(message.target, target.value) });
  return ask({ method, facts, target: target.value, isOpen: open, facing });
}

/** Conditions see a URI as globs do: `public/../secret` must not look like something in `public`. */
function spelled(target: Target, judged: JudgedTarget): Target {
  return judged.form === 'uri' ? { ...target, name: judged.uri } : target;
}

/** The same for each spelling, since the name may be one that is hidden. */
const UNREADABLE = 'the URI cannot be judged';

function ask(question: Question): Questions {
  return { ok: true, questions: [question] };
}

/** The stream itself is plumbing; each URI to be followed is judged as a resource. */
function askListen(principal: Principal, message: JudgedMessage, facts: MethodFacts): Questions {
  const wanted = memberOf(message.params, 'notifications') ?? {};
  const uris = memberOf(wanted, 'resourceSubscriptions') ?? [];
  const tasks = memberOf(wanted, 'taskIds') ?? [];
  if (!isArray(uris) || uris.length > MAX_SUBSCRIPTIONS) {
    const reason = `resourceSubscriptions must be a list of at most ${MAX_SUBSCRIPTIONS} URIs`;
    return { ok: false, reason, hidden: false };
  }
  // Only those that are the caller's own are left of them (sidecar/take-listen.ts).
  if (!isArray(tasks) || tasks.length > MAX_SUBSCRIPTIONS) {
    const reason = `taskIds must be a list of at most ${MAX_SUBSCRIPTIONS} ids`;
    return { ok: false, reason, hidden: false };
  }
  const questions: Question[] = [];
  for (const uri of uris) {
    const question = askResource(principal, message, facts, uri);
    if (question === undefined) return { ok: false, reason: UNREADABLE, hidden: true };
    questions.push(question);
  }
  // Last, so that a decision names the rule of a resource where there is one.
  questions.push({ method: LISTEN, facts, isOpen: true, facing: caseOf(principal, message) });
  return { ok: true, questions };
}

function askResource(
  principal: Principal,
  message: JudgedMessage,
  facts: MethodFacts,
  uri: JsonValue,
): Question | undefined {
  if (typeof uri !== 'string') return undefined;
  const target: Target = { kind: 'resource', name: uri };
  const judged = judgedTarget(target, 'refused');
  if (!judged.ok) return undefined;
  const facing = caseOf(principal, { ...message, target: spelled(target, judged.value) });
  return { method: LISTEN, facts, target: judged.value, isOpen: false, facing };
}

function caseOf(principal: Principal, message: JudgedMessage): Case {
  let input: InputOutcome | undefined;
  return {
    principal,
    input: () => {
      input ??= bringIn(principal, message);
      return input;
    },
  };
}

function bringIn(principal: Principal, message: JudgedMessage): InputOutcome {
  try {
    return { ok: true, input: celInput(principal, message) };
  } catch (error) {
    if (error instanceof UnjudgeableValue) return { ok: false, code: error.code };
    throw error;
  }
}
