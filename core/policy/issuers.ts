// Whose tokens several policies accept together: issuers, which they share by name, and ServiceAccounts of the cluster.

import { serviceAccountSubject } from '#core/identity/service-account.ts';
import { KUBERNETES_ISSUER, OPERATOR_AUDIENCE } from '#crds/names.ts';
import type { IssuerConfig } from '#crds/policy.ts';
import type { Problem } from '#crds/validate.ts';
import type { Joined, PolicyProblem } from './findings.ts';
import { isBaseline, type LayerDocument } from './layer-document.ts';
import { isSame } from './same.ts';
import {
  bundleName,
  type CaBundle,
  type ClusterIssuer,
  type IssuerSettings,
  type ServiceAccountTrust,
  type Trust,
} from './trust.ts';

/** Without `trust`, bundles of authorities are not looked for. */
export function joinIssuers(
  documents: readonly LayerDocument[],
  trust: Trust | undefined,
): Joined<readonly IssuerSettings[]> {
  const problems: PolicyProblem[] = [];
  const known: IssuerSettings[] = [];
  for (const [document, policy] of documents.entries()) {
    const { issuers = [], serviceAccounts = [] } = policy.spec.identity ?? {};
    const found: Problem[] = [];
    if (issuers.length + serviceAccounts.length === 0 && !isBaseline(policy)) found.push(NOBODY);
    for (const [at, config] of issuers.entries()) {
      const issuer = withBundle(policy, config, trust);
      found.push(
        ...issuerProblems(`spec.identity.issuers[${at}]`, issuer, { policy, known, trust }),
      );
      if (!known.some(({ name }) => name === issuer.name)) known.push(issuer);
    }
    problems.push(...found.map((problem) => ({ document, ...problem })));
  }
  return { value: known, problems };
}

const NOBODY: Problem = {
  path: 'spec.identity.issuers',
  message: 'must list the issuers whose tokens are accepted: without one nobody could call',
};

interface Beside {
  readonly policy: LayerDocument;
  readonly known: readonly IssuerSettings[];
  readonly trust: Trust | undefined;
}

function issuerProblems(
  path: string,
  issuer: IssuerSettings,
  { policy, known, trust }: Beside,
): readonly Problem[] {
  const isOfCluster = issuer.issuer === trust?.cluster?.issuer;
  const isForOperator = issuer.audiences?.includes(OPERATOR_AUDIENCE) === true;
  return [
    ...compareIssuer(issuer, known).map((message) => ({ path, message })),
    ...(isOfCluster ? [{ path, message: OF_CLUSTER }] : []),
    ...(isForOperator ? [{ path: `${path}.audiences`, message: OF_OPERATOR }] : []),
    ...bundleProblems(policy, issuer, trust).map((message) => ({
      path: `${path}.caBundleRef`,
      message,
    })),
  ];
}

const OF_OPERATOR = `must not contain ${OPERATOR_AUDIENCE}: tokens for it prove sidecars to the operator`;
const OF_CLUSTER = `is the issuer of the cluster, which has the name ${KUBERNETES_ISSUER}: list its ServiceAccounts under serviceAccounts`;

export function listsServiceAccounts({ spec }: Pick<LayerDocument, 'spec'>): boolean {
  return (spec.identity?.serviceAccounts ?? []).length > 0;
}

/** Undefined where no policy lists any, or nobody said who issues their tokens. */
export function joinServiceAccounts(
  documents: readonly LayerDocument[],
  cluster: ClusterIssuer | undefined,
): ServiceAccountTrust | undefined {
  const identities = documents.map(({ spec }) => spec.identity ?? {});
  const accounts = identities.flatMap(({ serviceAccounts = [] }) =>
    serviceAccounts.map(serviceAccountSubject),
  );
  if (cluster === undefined || accounts.length === 0) return undefined;
  const audiences = identities.flatMap(({ issuers = [] }) =>
    issuers.flatMap((issuer) => issuer.audiences ?? []),
  );
  return {
    ...cluster,
    accounts: [...new Set(accounts)].sort(),
    audiences: [...new Set(audiences)].sort(),
  };
}

function withBundle(
  policy: LayerDocument,
  config: IssuerConfig,
  trust: Trust | undefined,
): IssuerSettings {
  const caBundle = bundleOf(policy, config, trust);
  return caBundle === undefined ? config : { ...config, caBundle };
}

function bundleOf(
  policy: LayerDocument,
  { name: issuer, caBundleRef }: IssuerConfig,
  trust: Trust | undefined,
): CaBundle | undefined {
  if (caBundleRef === undefined) return undefined;
  const { kind, name, key = CA_KEY } = caBundleRef;
  if (kind === 'Secret') return { kind: 'secret', name, key };
  const text = trust?.bundles?.[bundleName(policy, issuer)];
  return text === undefined ? undefined : { kind: 'pem', text };
}

/** What `caBundleRef` means without `key`. */
export const CA_KEY = 'ca.crt';

function bundleProblems(
  policy: LayerDocument,
  { caBundleRef, caBundle }: IssuerSettings,
  trust: Trust | undefined,
): readonly string[] {
  if (caBundleRef === undefined) return [];
  if (caBundleRef.kind === 'Secret') {
    return isBaseline(policy)
      ? ['must be a ConfigMap, which is read in the namespace of the operator']
      : [];
  }
  return trust === undefined || caBundle !== undefined
    ? []
    : [
        `names ConfigMap ${caBundleRef.name}, which was not found; outside a cluster it stands in the file of the policy, as a document of its own`,
      ];
}

/** A verifier finds the issuer of a token by its URL, and rules find it by its name: one each. */
function compareIssuer(
  issuer: IssuerSettings,
  known: readonly IssuerSettings[],
): readonly string[] {
  const messages: string[] = [];
  for (const other of known) {
    if (other.name === issuer.name && !isSame(other, issuer)) {
      messages.push(`must be configured as the other issuer ${other.name}: policies share issuers`);
    }
    if (other.name !== issuer.name && other.issuer === issuer.issuer) {
      messages.push(`has the issuer URL of ${other.name}; an issuer has one name`);
    }
  }
  return messages;
}
