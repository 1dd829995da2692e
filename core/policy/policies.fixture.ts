// Short ways to write policies, principals and messages in the tests of this folder.

import type { Principal } from '#core/identity/principal.ts';
import type { JsonObject, RequestMessage, Target } from '#core/mcp/messages.ts';
import type { McpGatewayPolicy, McpGatewayPolicySpec, Rule } from '#crds/policy.ts';
import { compileWhole } from './compile.ts';
import type { CompiledPolicy } from './compiled.ts';
import type { Decision } from './decision.ts';
import { evaluate } from './evaluate.ts';
import type { Direction, JudgedMessage } from './question.ts';

export const CORP = { name: 'corp', issuer: 'https://idp.example' };

export function document(spec: McpGatewayPolicySpec, name = 'payments'): McpGatewayPolicy {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name },
    spec: { identity: { issuers: [CORP] }, ...spec },
  };
}

/** One document with these rules, compiled; throws what is wrong with them. */
export function policyOf(...rules: readonly Rule[]): CompiledPolicy {
  return joinOf(rules);
}

/** One document per list of rules, named p0, p1, … */
export function joinOf(...lists: readonly (readonly Rule[])[]): CompiledPolicy {
  const compiled = compileWhole(lists.map((rules, at) => document({ rules }, `p${at}`)));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.policy;
}

export function principalOf(fields: Partial<Principal> = {}): Principal {
  return {
    issuer: CORP.issuer,
    issuerName: CORP.name,
    subject: 'ada',
    actors: [],
    groups: [],
    scopes: [],
    claims: {},
    expiresAtSeconds: 2_000_000_000,
    ...fields,
  };
}

export function request(method: string, params: JsonObject = {}, target?: Target): RequestMessage {
  return { kind: 'request', id: 1, method, params, ...(target === undefined ? {} : { target }) };
}

export function callTool(name: string, args: JsonObject = {}): RequestMessage {
  return request('tools/call', { name, arguments: args }, { kind: 'tool', name });
}

export function readResource(uri: string): RequestMessage {
  return request('resources/read', { uri }, { kind: 'resource', name: uri });
}

export function getPrompt(name: string, args: JsonObject = {}): RequestMessage {
  return request('prompts/get', { name, arguments: args }, { kind: 'prompt', name });
}

export const ADA = principalOf({ groups: ['engineering'] });

export function allow(fields: Partial<Rule> = {}): Rule {
  return { name: 'allow', effect: 'Allow', ...fields };
}

export function deny(fields: Partial<Rule> = {}): Rule {
  return { name: 'deny', effect: 'Deny', ...fields };
}

export function ask(fields: Partial<Rule> = {}): Rule {
  return { name: 'ask', effect: 'RequireApproval', approval: 'finance', ...fields };
}

export function decide(
  rules: readonly Rule[],
  message: JudgedMessage,
  principal: Principal = ADA,
  direction: Direction = 'toServer',
): Decision {
  return evaluate(policyOf(...rules), principal, message, direction);
}

/** `Allow read`, `Deny`, `RequireApproval refunds finance`: what a table can hold. */
export function told(decision: Decision): string {
  const rule = decision.rule?.replace(/^p0\//, '');
  const approval = decision.effect === 'RequireApproval' ? decision.approval : undefined;
  return [decision.effect, rule, approval].filter((part) => part !== undefined).join(' ');
}
