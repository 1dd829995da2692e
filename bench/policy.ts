// The policy of the measured run: an ordinary one, with a group, a condition on an argument and a
// deny beside it, so that evaluation is not measured at its emptiest.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DETECTORS } from '#crds/spec/masking.ts';

export const AUDIENCE = 'https://bench.example/mcp';

export interface Controls {
  readonly record?: 'Full';
  /** Every detector, and a field by name. */
  readonly masks?: true;
}

export async function writePolicy(
  directory: string,
  issuer: string,
  { record, masks }: Controls = {},
): Promise<string> {
  const file = join(directory, `policy-${record ?? 'Metadata'}${masks ? '-masking' : ''}.yaml`);
  await writeFile(
    file,
    `apiVersion: gatehouse.dev/v1alpha1
kind: McpGatewayPolicy
metadata: {name: bench}
spec:
  identity:
    issuers:
    - {name: idp, issuer: '${issuer}', audiences: ['${AUDIENCE}']}
  rules:
  - {name: read, effect: Allow, match: {tools: ['get_*', 'list_*']}}
  - {name: echo, effect: Allow, match: {tools: [echo]}, when: ['size(args.message) < 100000']}
  - {name: danger, effect: Deny, match: {tools: ['delete_*']}}
  limits: {requestsPerMinute: 1000000}
  evidence: {record: ${record ?? 'Metadata'}}
${masks ? MASKING : ''}`,
  );
  return file;
}

const MASKING = `  masking:
  - name: pii
    detectors: [${DETECTORS.join(', ')}]
    action: Redact
  - {name: salary, fields: ['**.salary'], action: Drop}
`;
