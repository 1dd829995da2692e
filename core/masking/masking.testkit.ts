// Policies, messages and a keyed hash for the tests of masking.

import type { JsonValue } from '#core/mcp/messages.ts';
import type { McpGatewayPolicy } from '#crds/policy.ts';
import { type CompiledMasking, compileMasking } from './compile.ts';
import { type MaskableMessage, type MaskResult, maskMessage } from './mask.ts';

export type Entries = NonNullable<McpGatewayPolicy['spec']['masking']>;

/** Not a good hash, but one: FNV-1a over three seeds. The real one comes from above. */
export const hmac = (text: string): string =>
  [0x811c9dc5, 0x01000193, 0x9e3779b9]
    .map((seed) =>
      [...text]
        .reduce((sum, unit) => Math.imul(sum ^ (unit.codePointAt(0) ?? 0), 0x01000193), seed)
        .toString(16)
        .replace('-', 'f')
        .padStart(8, '0')
        .slice(-8),
    )
    .join('');

export function policyOf(masking: Entries, name = 'payments'): McpGatewayPolicy {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name },
    spec: { masking },
  };
}

export function compiled(...entries: Entries): CompiledMasking {
  const { masking, problems } = compileMasking([policyOf(entries)]);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join());
  return masking;
}

/** Every built-in detector. */
export const ALL: NonNullable<Entries[number]['detectors']> = [
  'email',
  'credit_card',
  'iban',
  'us_ssn',
  'ip',
  'jwt',
  'private_key',
  'aws_key',
  'github_token',
];

type Options = Partial<Omit<MaskableMessage, 'bytes' | 'value'>>;

export function maskJson(
  text: string,
  masking: CompiledMasking,
  options: Options = {},
): MaskResult {
  const value: JsonValue = JSON.parse(text);
  const bytes = new TextEncoder().encode(text);
  return maskMessage(
    { bytes, value, direction: 'toClient', origin: { kind: 'unknown' }, ...options },
    masking,
    hmac,
  );
}

/** The masked text; a message that is withheld fails the test. */
export function maskedText(text: string, masking: CompiledMasking, options: Options = {}): string {
  const result = maskJson(text, masking, options);
  if (result.kind === 'withheld') throw new Error(`withheld: ${result.reason}`);
  return new TextDecoder().decode(result.bytes);
}

/** An answer of a tool with this result. */
export function answer(result: JsonValue): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, result });
}

export function textAnswer(text: string): string {
  return answer({ content: [{ type: 'text', text }] });
}

export const VALUES = {
  email: 'john.doe@example.com',
  credit_card: '4111 1111 1111 1111',
  iban: 'GB82 WEST 1234 5698 7654 32',
  us_ssn: '078-05-1120',
  ip: '203.0.113.77',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl',
  private_key: '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END PRIVATE KEY-----',
  aws_key: 'AKIAIOSFODNN7EXAMPLE',
  github_token: 'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
} as const;
