// Which tool definitions the policies approve. A digest is compared here and made elsewhere: by
// whoever saw the definition.

import type { CompiledPolicy } from './compiled.ts';
import type { Deny } from './decision.ts';
import type { PolicyProblem } from './findings.ts';
import type { LayerDocument } from './layer-document.ts';

/** The pins of one policy. */
export interface PinSet {
  /** `policy/spec.tools.pins`: what decisions and records name. No rule can have this name. */
  readonly id: string;
  /** Enforce: what is not approved is quarantined. Observe: it is recorded. */
  readonly effect: 'quarantine' | 'observe';
  /** By the name of the tool. */
  readonly digests: ReadonlyMap<string, string>;
}

/** Why a definition is not approved. */
export interface Unapproved {
  readonly by: PinSet;
  /** Absent when the policy has no pin for the tool. */
  readonly pinned?: string;
}

/** The first policy that does not approve the definition, those that quarantine ahead of the others. */
export function findUnapproved(
  pinSets: readonly PinSet[],
  name: string,
  digest: string | undefined,
): Unapproved | undefined {
  let observed: Unapproved | undefined;
  for (const by of pinSets) {
    const pinned = by.digests.get(name);
    if (pinned === undefined ? by.effect === 'observe' : pinned === digest) continue;
    const found = { by, ...(pinned === undefined ? {} : { pinned }) };
    if (by.effect === 'quarantine') return found;
    observed ??= found;
  }
  return observed;
}

/** The denial of a tool whose definition some policy does not approve; undefined when all do. */
export function quarantine(
  policy: CompiledPolicy,
  name: string,
  digest: string | undefined,
): Deny | undefined {
  if (policy.pinSets.length === 0) return undefined;
  const found = findUnapproved(policy.pinSets, name, digest);
  if (found?.by.effect !== 'quarantine') return undefined;
  return {
    effect: 'Deny',
    rule: found.by.id,
    reason: found.pinned === undefined ? UNPINNED : CHANGED,
    visible: true,
  };
}

const CHANGED =
  'the definition of this tool changed since it was pinned; review it and pin it again with gatehouse policy pin';
const UNPINNED =
  'the definition of this tool is not pinned; review it and pin it with gatehouse policy pin';

export interface PinCompilation {
  readonly pinSets: readonly PinSet[];
  readonly problems: readonly PolicyProblem[];
  readonly warnings: readonly PolicyProblem[];
}

/** The pins of all documents that pin, in the order of their names. */
export function compilePins(documents: readonly LayerDocument[]): PinCompilation {
  const pinSets = documents.flatMap((document) => pinSetOf(document) ?? []);
  return {
    pinSets: pinSets.sort((a, b) => (a.id < b.id ? -1 : 1)),
    problems: documents.flatMap((_, document) => findDisagreements(documents, document)),
    warnings: documents.flatMap(({ spec }, document) =>
      findIdlePins(spec.tools).map((found) => ({ ...found, document })),
    ),
  };
}

function pinSetOf({ metadata, spec }: LayerDocument): PinSet | undefined {
  const { pinning, pins = [] } = spec.tools ?? {};
  if (pinning === undefined || pinning === 'Disabled') return undefined;
  return {
    id: `${metadata.name}/spec.tools.pins`,
    effect: pinning === 'Enforce' ? 'quarantine' : 'observe',
    digests: new Map(pins.map(({ name, digest }) => [name, digest])),
  };
}

/** A server has one definition of a tool: two pins for it could never both be met. */
function findDisagreements(
  documents: readonly LayerDocument[],
  document: number,
): readonly PolicyProblem[] {
  const earlier = documents
    .slice(0, document)
    .flatMap((policy) => pinSetOf(policy) ?? [])
    .flatMap(({ digests }) => [...digests]);
  const pinned = new Map(earlier.toReversed());
  const own = documents[document];
  if (own === undefined || pinSetOf(own) === undefined) return [];
  return (own.spec.tools?.pins ?? []).flatMap(({ name, digest }, at) => {
    const other = pinned.get(name);
    return other === undefined || other === digest
      ? []
      : [
          {
            document,
            path: `spec.tools.pins[${at}].digest`,
            message: 'must be as in the other policy that pins this tool: it has one definition',
          },
        ];
  });
}

function findIdlePins(tools: LayerDocument['spec']['tools']) {
  const { pinning = 'Disabled', pins = [] } = tools ?? {};
  if (pinning === 'Disabled' && pins.length > 0) {
    return [{ path: 'spec.tools.pins', message: 'has no effect while pinning is Disabled' }];
  }
  if (pinning === 'Enforce' && pins.length === 0) {
    const message =
      'quarantines every tool, since none is pinned; gatehouse policy pin prints pins';
    return [{ path: 'spec.tools.pinning', message }];
  }
  return [];
}
