// The keys of Secrets that policies name: what injection mounts into a sidecar, and what a sidecar must have.

import type { SecretKeyRef } from './credential-source.ts';
import { CA_KEY } from './issuers.ts';
import type { GoverningPolicy } from './layer-document.ts';

export interface NamedSecret extends SecretKeyRef {
  /** Path of the field that names it. */
  readonly field: string;
}

/** One name for a key of a Secret, and its place in the folder where they are mounted. */
export function secretId({ name, key }: SecretKeyRef): string {
  return `${name}/${key}`;
}

export function secretRefs({ spec }: Pick<GoverningPolicy, 'spec'>): readonly NamedSecret[] {
  const upstream = spec.identity?.upstream?.static?.valueFrom.secretRef;
  return [
    ...named('spec.identity.upstream.static.valueFrom.secretRef', upstream),
    ...(spec.identity?.issuers ?? []).flatMap(({ caBundleRef }, at) =>
      caBundleRef?.kind === 'Secret'
        ? named(`spec.identity.issuers[${at}].caBundleRef`, { key: CA_KEY, ...caBundleRef })
        : [],
    ),
    ...(spec.notifications ?? []).flatMap(({ webhook, slack }, at) => [
      ...named(
        `spec.notifications[${at}].webhook.signingSecretFrom.secretRef`,
        webhook?.signingSecretFrom.secretRef,
      ),
      ...named(`spec.notifications[${at}].slack.urlFrom.secretRef`, slack?.urlFrom.secretRef),
    ]),
  ];
}

/** Each once, in one order. */
export function distinctSecrets(
  policies: readonly Pick<GoverningPolicy, 'spec'>[],
): readonly SecretKeyRef[] {
  const all = policies
    .flatMap(secretRefs)
    .map((ref): [string, SecretKeyRef] => [secretId(ref), { name: ref.name, key: ref.key }]);
  return [...new Map(all).entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ref]) => ref);
}

function named(field: string, ref: SecretKeyRef | undefined): readonly NamedSecret[] {
  return ref === undefined ? [] : [{ name: ref.name, key: ref.key, field }];
}
