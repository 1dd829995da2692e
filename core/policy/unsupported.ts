// Fields of v1alpha1 that this version cannot carry out yet. They are refused by name: a policy that
// asks for masking and does not get it must not load. An entry goes when the feature comes.

import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import { type Findings, join, NOTHING, problem } from './findings.ts';

export function findUnsupported(spec: McpGatewayPolicySpec): Findings {
  const { identity, server, evidence } = spec;
  const valueFrom = identity?.upstream?.static?.valueFrom;
  const found: readonly (readonly [path: string, isUsed: boolean])[] = [
    ['spec.approvals', spec.approvals !== undefined],
    ['spec.masking', spec.masking !== undefined],
    ['spec.observe.mask', spec.observe?.mask === true],
    ['spec.tools', spec.tools !== undefined],
    ['spec.notifications', spec.notifications !== undefined],
    ['spec.identity.serviceAccounts', identity?.serviceAccounts !== undefined],
    ['spec.identity.approvalAudience', identity?.approvalAudience !== undefined],
    ['spec.identity.upstream.static.valueFrom.secretRef', valueFrom?.secretRef !== undefined],
    ['spec.server.tls', server?.tls !== undefined],
    ['spec.evidence.retentionDays', evidence?.retentionDays !== undefined],
  ];
  return join([
    ...found.map(([path, isUsed]) => (isUsed ? unsupported(path) : NOTHING)),
    ...findUnsupportedValues(spec),
  ]);
}

function findUnsupportedValues({ identity, server, evidence, rules }: McpGatewayPolicySpec) {
  const mode = identity?.upstream?.mode;
  return [
    mode === 'Exchange' || mode === 'SameAudience'
      ? unsupported('spec.identity.upstream.mode', mode)
      : NOTHING,
    server?.transport === 'HTTPWithSSE'
      ? unsupported('spec.server.transport', server.transport)
      : NOTHING,
    evidence?.record === 'Full' ? unsupported('spec.evidence.record', evidence.record) : NOTHING,
    ...(identity?.issuers ?? []).map(({ caBundleRef }, at) =>
      caBundleRef === undefined ? NOTHING : unsupported(`spec.identity.issuers[${at}].caBundleRef`),
    ),
    ...(rules ?? []).map(({ effect }, at) =>
      effect === 'RequireApproval' ? unsupported(`spec.rules[${at}].effect`, effect) : NOTHING,
    ),
  ];
}

function unsupported(path: string, value?: string): Findings {
  const what = value === undefined ? 'is' : `${value} is`;
  return problem(path, `${what} not supported by this version; remove it`);
}
