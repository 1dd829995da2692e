// POST /policies: a policy is refused for what the API server cannot see (patterns, expressions, fields that
// contradict each other), and who put which one there is on record before it counts.

import { createHash } from 'node:crypto';
import { canonicalJson } from '#core/mcp/canonical-json.ts';
import type { JsonValue } from '#core/mcp/messages.ts';
import { compilePolicies } from '#core/policy/compile.ts';
import type { GoverningPolicy } from '#core/policy/layer-document.ts';
import { CLUSTER_POLICY_KIND, POLICY_KIND } from '#crds/names.ts';
import { type Problem, validateClusterPolicy, validatePolicy } from '#crds/validate.ts';
import { type Append, isAppended } from './append.ts';
import { cannotRecord, who } from './recorded-change.ts';
import { type AdmissionRequest, allow, deny, type Handler } from './review.ts';

/** What somebody corrects at a time. */
const MAX_PROBLEMS = 5;

export function policiesHandler(append: Append): Handler {
  return async (request) => {
    if (request.kind !== POLICY_KIND && request.kind !== CLUSTER_POLICY_KIND) {
      return deny('is no policy of Gatehouse', 422);
    }
    const isGone = request.operation === 'DELETE';
    const { problems, warnings } = isGone ? NOTHING : findProblems(request);
    if (problems.length > 0) return deny(`Gatehouse: ${sentences(problems)}`, 422);
    const from = specDigest(request.oldObject);
    const to = isGone ? '' : specDigest(request.object);
    const isRecorded =
      from === to || request.isDryRun || (await record(append, request, { from, to }));
    return isRecorded ? allow(warnings.map(sentence)) : cannotRecord();
  };
}

function record(
  append: Append,
  request: AdmissionRequest,
  digests: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const { kind, namespace, name } = request;
  const detail = { ...who(request), kind, namespace, name, ...digests };
  return isAppended(append, { type: 'policy.admitted', detail });
}

interface Found {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const NOTHING: Found = { problems: [], warnings: [] };

function findProblems({ kind, object }: AdmissionRequest): Found {
  const isBaseline = kind === CLUSTER_POLICY_KIND;
  const problems = isBaseline ? validateClusterPolicy(object) : validatePolicy(object);
  if (problems.length > 0) return { problems, warnings: [] };
  const compiled = compilePolicies([object as GoverningPolicy], undefined, 'Cluster');
  if (compiled.ok) return { problems: [], warnings: compiled.warnings };
  // Alone, a baseline has no issuers, and who approves may be of one that only namespaces list.
  const own = compiled.problems.filter(
    ({ path }) => !isBaseline || !/^spec\.(approvals|identity\.issuers)/.test(path),
  );
  return { problems: own, warnings: [] };
}

function sentences(problems: readonly Problem[]): string {
  const shown = problems.slice(0, MAX_PROBLEMS).map(sentence);
  const more = problems.length - shown.length;
  return more > 0 ? `${shown.join('; ')}; and ${more} more` : shown.join('; ');
}

function sentence({ path, message }: Problem): string {
  return path === '' ? message : `${path}: ${message}`;
}

/** SHA-256 of the canonical spec: what was changed, without what the API server keeps beside it. */
function specDigest(object: unknown): string {
  const { spec } = Object(object);
  if (spec === undefined) return '';
  return createHash('sha256')
    .update(canonicalJson(spec as JsonValue))
    .digest('hex');
}
