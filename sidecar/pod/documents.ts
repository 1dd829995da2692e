// Judges policy documents, wherever they come from: signed by the operator, of this workload, in force, not older
// than what was here or than the floor, and such that they can be activated.

import { canonicalize } from '#core/evidence/canonical.ts';
import { compilePolicies } from '#core/policy/compile.ts';
import type { EffectivePolicy } from '#core/policy/document.ts';
import { listsServiceAccounts } from '#core/policy/issuers.ts';
import type { GoverningPolicy } from '#core/policy/layer-document.ts';
import { documentProblem, readDocument } from '#core/policy/read-document.ts';
import { API_VERSION, POLICY_KIND } from '#crds/names.ts';
import { type DocumentVerifier, sha256Hex } from '#platform/documents/signed-text.ts';
import type { GoodPolicy } from '#platform/file/load-policy.ts';
import { type PodSecrets, type SecretProblem, secretProblem } from './named-secrets.ts';

export interface Workload {
  readonly key: string;
  readonly namespace: string;
}

export type Judged =
  | { readonly kind: 'newer'; readonly document: EffectivePolicy; readonly loaded: GoodPolicy }
  /** What is in force already, or was before. */
  | { readonly kind: 'known' }
  /** `document` where it could be read: an answer to whoever sent it names it. */
  | {
      readonly kind: 'bad';
      readonly problem: string;
      readonly document?: EffectivePolicy;
      /** Where the document is sound and this pod is not ready for it. */
      readonly remedy?: SecretProblem['remedy'];
    };

export interface DocumentPlace {
  readonly nowMillis: () => number;
  /** The least generation that is taken; 0 where it is not known. */
  readonly floor: number;
  readonly secrets: PodSecrets;
}

export class Documents {
  readonly #verifier: DocumentVerifier;
  readonly #workload: Workload;
  readonly #place: DocumentPlace;
  #current: EffectivePolicy | undefined;

  constructor(verifier: DocumentVerifier, workload: Workload, place: DocumentPlace) {
    this.#verifier = verifier;
    this.#workload = workload;
    this.#place = place;
  }

  get current(): EffectivePolicy | undefined {
    return this.#current;
  }

  /** From here on only newer ones are taken. */
  inForce(document: EffectivePolicy): void {
    this.#current = document;
  }

  async judge(jws: string): Promise<Judged> {
    const signed = await this.#verifier.verify('policy', jws.trim());
    if (!signed.ok) return { kind: 'bad', problem: signed.problem };
    const read = readDocument(signed.value, sha256Hex);
    if (!read.ok) return { kind: 'bad', problem: read.problem };
    const { document } = read;
    if (this.#isKnown(document)) return { kind: 'known' };
    const problem = documentProblem(document, {
      ...this.#workload,
      nowMillis: this.#place.nowMillis(),
      leastGeneration: this.#place.floor,
    });
    if (problem !== undefined) return { kind: 'bad', problem, document };
    const loaded = loadDocument(document);
    if (typeof loaded === 'string') return { kind: 'bad', problem: loaded, document };
    const lacking = await secretProblem(document, loaded.policy, this.#place.secrets);
    return lacking === undefined
      ? { kind: 'newer', document, loaded }
      : { kind: 'bad', ...lacking, document };
  }

  /** A mounted copy follows minutes after the stream: that it is behind is no fault of anybody. */
  #isKnown({ key, namespace, generation }: EffectivePolicy): boolean {
    const { key: ownKey, namespace: own } = this.#workload;
    const isOurs = key === ownKey && namespace === own;
    return isOurs && this.#current !== undefined && generation <= this.#current.generation;
  }
}

/** Nothing governs the workload any more. A policy needs an issuer: of this one nobody has tokens (RFC 2606). */
const NOBODY: GoverningPolicy = {
  apiVersion: API_VERSION,
  kind: POLICY_KIND,
  metadata: { name: 'none' },
  spec: {
    identity: {
      issuers: [
        {
          name: 'nobody',
          issuer: 'https://nobody.invalid',
          jwksUri: 'https://nobody.invalid/keys',
        },
      ],
    },
  },
};

function loadDocument({ policies, digest, trust = {} }: EffectivePolicy): GoodPolicy | string {
  if (trust.cluster === undefined && policies.some(listsServiceAccounts)) {
    return 'trust.cluster: is missing, though a policy lists ServiceAccounts';
  }
  const governing = policies.length === 0 ? [NOBODY] : policies;
  const compiled = compilePolicies(governing, digest, 'Cluster', trust);
  if (!compiled.ok) {
    const [first] = compiled.problems;
    const name = policies[first?.document ?? 0]?.metadata.name ?? '';
    return `policy ${name}: ${first?.path ?? ''}: ${first?.message ?? 'cannot be compiled'}`;
  }
  const documents = policies.map((policy) => ({ policy, digest: sha256Hex(canonicalize(policy)) }));
  return { ok: true, policy: compiled.policy, digest, documents };
}
