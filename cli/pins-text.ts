// Tool definitions as the pins of a policy: which can be pinned, and how they are written.

import type { ToolDefinition } from '#core/mcp/definitions.ts';
import { MAX_PINNED_NAME_LENGTH, MAX_PINS } from '#crds/spec/tools.ts';
import { definitionDigest } from '#sidecar/definition-digest.ts';
import { printable, printableJson } from './printable.ts';

export interface Pin {
  readonly name: string;
  readonly digest: string;
}

export type Pins =
  | {
      readonly ok: true;
      /** By name. */
      readonly pins: readonly Pin[];
      /** Tools whose definitions hold what a model reads and a person does not see. */
      readonly hidingText: readonly string[];
    }
  | { readonly ok: false; readonly reason: string };

/** All or nothing: a tool left out would be quarantined without anyone having decided so. */
export function pinsOf(tools: readonly ToolDefinition[]): Pins {
  const digests = new Map<string, string>();
  for (const { name, text } of tools) {
    if (name === '' || name.length > MAX_PINNED_NAME_LENGTH) {
      return refused(
        `a tool has a name that is empty or over ${MAX_PINNED_NAME_LENGTH} characters`,
      );
    }
    if (text === undefined) return refused(`${name}: a number in its definition has no exact form`);
    const digest = definitionDigest(text);
    if ((digests.get(name) ?? digest) !== digest) {
      return refused(`${name}: the MCP server lists two different tools of this name`);
    }
    digests.set(name, digest);
  }
  if (digests.size > MAX_PINS)
    return refused(`a policy takes ${MAX_PINS} pins, not ${digests.size}`);
  return {
    ok: true,
    pins: [...digests].map(([name, digest]) => ({ name, digest })).sort(byName),
    hidingText: tools.filter(({ hidesText }) => hidesText).map(({ name }) => name),
  };
}

/** Names that have another digest in `others`. */
export function differing(pins: readonly Pin[], others: readonly Pin[]): readonly string[] {
  const digests = new Map(others.map(({ name, digest }) => [name, digest]));
  return pins
    .filter(({ name, digest }) => (digests.get(name) ?? digest) !== digest)
    .map(({ name }) => name);
}

/** YAML to paste into a policy, or to merge into one. Names are quoted: `on` is a name too. */
export function pinsText(pins: readonly Pin[], source: string): string {
  const entries = pins.map(
    ({ name, digest }) => `    - name: ${printableJson(name)}      digest: ${digest}\n`,
  );
  return [
    `# Tool definitions of ${printable(source)}\n`,
    'spec:\n  tools:\n',
    entries.length === 0 ? '    pins: []\n' : `    pins:\n${entries.join('')}`,
  ].join('');
}

function byName(a: Pin, b: Pin): number {
  return a.name < b.name ? -1 : 1;
}

function refused(reason: string): Pins {
  return { ok: false, reason };
}
