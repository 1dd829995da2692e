// The approvals API: where people decide over HTTP with a token of their own. docs/openapi/approvals.yaml
// is its contract. Served on the admin address; no page of a browser may use it, and no cookie is read.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { APPROVAL_STATES } from '#core/approvals/approval.ts';
import type { ApproverRules } from '#core/approvals/approver.ts';
import { REVIEW_STANDINGS } from '#core/approvals/break-glass.ts';
import {
  ACTS,
  type Act,
  type ApprovalDesk,
  type Caller,
  type DeskQuery,
  OPENING_ACTS,
} from '#core/approvals/desk.ts';
import { shownApproval, shownWhole } from '#core/approvals/shown.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { TokenVerifier } from '#core/identity/token-verifier.ts';
import {
  type ApiAnswer,
  type ApiError,
  answerTo,
  badInput,
  methodNotAllowed,
  send,
} from './api-answer.ts';
import { readSaid, type SaidField } from './api-body.ts';
import { bearerOf, refuseFarAway, refuseHead } from './api-head.ts';

/** What it takes to decide, by the policy of this moment. */
export interface ApprovalsGate {
  readonly verifier: TokenVerifier;
  readonly rules: ApproverRules;
}

export interface ApprovalsApiOptions {
  readonly desk: ApprovalDesk;
  /** Undefined while no policy asks for approvals. */
  readonly gate: () => ApprovalsGate | undefined;
  /** Host names besides loopback and addresses under which the API may be called. */
  readonly hosts: readonly string[];
  /** Take plain http from other machines: whatever is in front of it keeps tokens secret. */
  readonly allowPlainHttp: boolean;
  /** Somebody came without a token that proves who they are. */
  readonly onUnproven: (unproven: Unproven, address: string) => Promise<void>;
  /** Seconds to wait when this principal has come too often; undefined: go on. */
  readonly tooSoon: (principal: Principal) => number | undefined;
  /** A fault of ours; the peer hears no more than that there was one. */
  readonly onFault: (error: unknown) => void;
}

export interface Unproven extends ApiError {
  readonly code: 'token_missing' | 'token_invalid' | 'issuer_unavailable';
}

export const APPROVALS_PATH = '/approvals';

/** Answers every request whose path is `/approvals` or below it; never rejects. */
export function approvalsApi(
  options: ApprovalsApiOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    let found: ApiAnswer;
    try {
      found = await answer(request, options);
    } catch (error) {
      options.onFault(error);
      found = answerTo(FAULT);
    }
    send(request, response, found);
  };
}

type Route =
  | { readonly kind: 'list'; readonly query: URLSearchParams }
  | { readonly kind: 'show'; readonly id: string }
  | { readonly kind: 'act'; readonly id: string; readonly act: Act };

async function answer(request: IncomingMessage, options: ApprovalsApiOptions): Promise<ApiAnswer> {
  const refused =
    refuseHead(request.headersDistinct, options.hosts) ??
    refuseFarAway(request.socket.remoteAddress, options.allowPlainHttp);
  if (refused !== undefined) return answerTo(refused);
  const route = routeOf(request.url ?? '');
  if (route === undefined) return answerTo(NOTHING_HERE);
  const method = route.kind === 'act' ? 'POST' : 'GET';
  if (request.method !== method) return methodNotAllowed(method);
  const gate = options.gate();
  if (gate === undefined) return answerTo(NO_APPROVALS);
  const proven = await authenticate(request, gate);
  if ('code' in proven) {
    await options.onUnproven(proven, request.socket.remoteAddress ?? '');
    return answerTo(proven);
  }
  const retryAfterSeconds = options.tooSoon(proven.principal);
  if (retryAfterSeconds !== undefined) return answerTo({ ...TOO_OFTEN, retryAfterSeconds });
  return carryOut(route, { principal: proven.principal, rules: gate.rules }, { request, options });
}

const FAULT: ApiError = { code: 'fault', reason: 'the gateway failed; its log says how' };
const NOTHING_HERE: ApiError = { code: 'path_unknown', reason: 'nothing is served at this path' };
const NO_APPROVALS: ApiError = {
  code: 'approvals_off',
  reason: 'no policy asks for approvals: spec.identity.approvalAudience is not set',
};
const TOO_OFTEN: ApiError = { code: 'rate_limited', reason: 'too many requests; wait a little' };

/** `/approvals`, `/approvals/ID`, `/approvals/ID/ACT`; ids need no escaping, so none is undone. */
function routeOf(url: string): Route | undefined {
  const at = url.indexOf('?');
  const [path, query] = at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
  if (path === APPROVALS_PATH) return { kind: 'list', query: new URLSearchParams(query) };
  const match = /^\/approvals\/([A-Za-z0-9_-]{8,64})(?:\/([a-z-]+))?$/.exec(path);
  const [, id, word] = match ?? [];
  if (id === undefined || at !== -1) return undefined;
  if (word === undefined) return { kind: 'show', id };
  const act = ACTS.find((known) => known === word);
  return act === undefined ? undefined : { kind: 'act', id, act };
}

/**
 * A token for MCP is verified too: whoever tries to decide with one is told what is wrong with it,
 * and is on record by name. Only the desk says who may decide.
 */
async function authenticate(
  request: IncomingMessage,
  { verifier, rules }: ApprovalsGate,
): Promise<{ readonly principal: Principal } | Unproven> {
  const token = bearerOf(request.headersDistinct);
  if (typeof token !== 'string') return token;
  const audiences = [rules.audience, ...rules.mcpAudiences];
  const verified = await verifier.verify(token, { audiences });
  return verified.ok ? verified : { code: verified.code, reason: verified.reason };
}

interface Serving {
  readonly request: IncomingMessage;
  readonly options: ApprovalsApiOptions;
}

async function carryOut(
  route: Route,
  caller: Caller,
  { request, options: { desk } }: Serving,
): Promise<ApiAnswer> {
  switch (route.kind) {
    case 'list': {
      const query = readQuery(route.query);
      if ('code' in query) return answerTo(query);
      const found = await desk.list(caller, query);
      return found.ok
        ? { status: 200, body: { approvals: found.value.map(shownApproval) } }
        : answerTo(found);
    }
    case 'show': {
      const found = await desk.show(caller, route.id);
      return found.ok ? { status: 200, body: shownWhole(found.value) } : answerTo(found);
    }
    case 'act': {
      const read = await readSaid(request, fieldsOf(route.act));
      if (!read.ok) return answerTo(read.error);
      const decided = await desk.decide(caller, { id: route.id, act: route.act, ...read.said });
      return decided.ok ? { status: 200, body: shownWhole(decided.value) } : answerTo(decided);
    }
  }
}

function fieldsOf(act: Act): readonly SaidField[] {
  if (OPENING_ACTS.has(act)) return ['reason', 'seen'];
  return act === 'review' ? ['reason', 'verdict'] : ['reason'];
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

const QUERY: ReadonlySet<string> = new Set(['state', 'review', 'limit']);

function readQuery(query: URLSearchParams): DeskQuery | ApiError {
  const unknown = [...query.keys()].find((name) => !QUERY.has(name));
  if (unknown !== undefined)
    return badInput('query', 'only state, review and limit are known here');
  const asked = query.getAll('review');
  const reviews = REVIEW_STANDINGS.filter((standing) => asked.includes(standing));
  if (new Set(asked).size !== reviews.length) {
    return badInput('review', `must be one of ${REVIEW_STANDINGS.join(', ')}`);
  }
  const wanted = query.getAll('state');
  const states = APPROVAL_STATES.filter((state) => wanted.includes(state));
  if (new Set(wanted).size !== states.length) {
    return badInput('state', `must be one of ${APPROVAL_STATES.join(', ')}`);
  }
  const limits = query.getAll('limit');
  const limit = limits.length === 0 ? DEFAULT_LIMIT : Number(limits[0]);
  if (limits.length > 1 || !/^\d{0,4}$/.test(limits[0] ?? '') || limit < 1 || limit > MAX_LIMIT) {
    return badInput('limit', `must be a whole number from 1 to ${MAX_LIMIT}`);
  }
  return {
    limit,
    ...(states.length === 0 ? {} : { states }),
    ...(reviews.length === 0 ? {} : { reviews }),
  };
}
