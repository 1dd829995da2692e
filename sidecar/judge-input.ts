// Questions to the client that come inside an answer: in an input_required result (MRTR), or in an error
// that wants URLs opened first. Each is judged as if the server had asked it by itself.

import { elicitationFault, elicitationsIn } from '#core/mcp/elicitation.ts';
import {
  isObject,
  type JsonObject,
  type JsonValue,
  type ResponseMessage,
} from '#core/mcp/messages.ts';
import { METHODS } from '#core/mcp/methods.ts';
import { evaluate } from '#core/policy/evaluate.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Exchange } from './exchange.ts';

/** Why the client may not be asked; undefined when each of the questions may be. */
export function refuseInputRequests(
  inputs: JsonValue | undefined,
  asked: Exchange,
): Refusal | undefined {
  if (inputs === undefined) return undefined;
  if (!isObject(inputs)) return invalid('result.inputRequests is not an object');
  for (const input of Object.values(inputs)) {
    if (!isObject(input) || typeof input.method !== 'string') {
      return invalid('an entry of result.inputRequests has no method');
    }
    const { method, params } = input;
    const refusal = refuseQuestion(method, isObject(params) ? params : {}, asked);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The same for an error; undefined for errors that ask nothing. */
export function refuseElicitations(
  { body }: ResponseMessage,
  asked: Exchange,
): Refusal | undefined {
  const questions = 'error' in body ? elicitationsIn(body.error) : undefined;
  for (const params of questions ?? []) {
    const refusal = refuseQuestion('elicitation/create', { mode: 'url', ...params }, asked);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refuseQuestion(method: string, params: JsonObject, asked: Exchange): Refusal | undefined {
  const { snapshot, principal, request } = asked.facts;
  if (snapshot.policy.mode === 'Observe') return undefined;
  const question = { kind: 'request', id: request?.id ?? 0, method, params } as const;
  const decision = evaluate(snapshot.policy, principal, question, 'toClient');
  const known = METHODS.has(method) ? method : 'something unknown';
  const said = `the MCP server asked the client for ${known}`;
  if (decision.effect !== 'Allow') {
    const rule = decision.rule === undefined ? {} : { rule: decision.rule };
    return { code: 'denied', reason: `${said}, which policy does not allow`, ...rule };
  }
  const fault = elicitationFault(method, params);
  return fault === undefined ? undefined : { code: 'denied', reason: `${said}, but ${fault}` };
}

function invalid(reason: string): Refusal {
  return { code: 'upstream_invalid', reason };
}
