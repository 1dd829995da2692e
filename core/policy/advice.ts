// What is allowed in a policy and still worth a word: it holds in some places and not in others.

import { isLoopback } from '#core/identity/loopback.ts';
import type { McpGatewayPolicy } from '#crds/policy.ts';
import type { Problem } from '#crds/validate.ts';

/** Warnings about a valid policy; none of them refuses it. */
export function advise({ spec }: McpGatewayPolicy): Problem[] {
  return (spec.identity?.issuers ?? []).flatMap((issuer, index) =>
    (['issuer', 'jwksUri'] as const)
      .filter((field) => isExposed(issuer[field]))
      .map((field) => ({
        path: `spec.identity.issuers[${index}].${field}`,
        message:
          'is plain http beyond loopback: keys could be replaced on the way, so `run` refuses it without --allow-plain-http',
      })),
  );
}

function isExposed(url: string | undefined): boolean {
  if (url === undefined) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isLoopback(hostname);
}
