// What is asked of the approvers: who wants to do what, whose word it takes and for how long. Fixed
// when it is made; only its standing changes (approval.ts).

import { canonicalize } from '#core/evidence/canonical.ts';
import { digest } from '#core/evidence/signature.ts';
import { MAX_ACTORS } from '#core/identity/claims.ts';
import type { Actor, Principal } from '#core/identity/principal.ts';
import type { Target } from '#core/mcp/messages.ts';
import type { ApprovalScope } from './binding.ts';
import type { Closing } from './closing.ts';
import type { Identity } from './identity.ts';

/** Who asks: the human behind the call, and everyone who acts for them. */
export interface Requester extends Identity {
  readonly client?: string;
  readonly actors: readonly Actor[];
}

export interface Pool {
  /** The one issuer whose people count, as in the `iss` of their token. */
  readonly issuer: string;
  readonly groups: readonly string[];
  readonly subjects: readonly string[];
}

/** One pool of approvers, and how many of them it takes. */
export interface Need extends Pool {
  /** Name of the entry in `spec.approvals`. */
  readonly approval: string;
  readonly quorum: number;
  /** Who may go on without their decision; absent: nobody. */
  readonly breakGlass?: Pool;
}

/** What a grant will allow once there is one. */
export interface Allowance {
  readonly scope: ApprovalScope;
  /** 1 with scope Call. */
  readonly maxUses: number;
  /** From the moment of the grant. */
  readonly ttlSeconds: number;
  /** It closes at the first of these, however much time is left. */
  readonly closings?: readonly Closing[];
}

export interface ApprovalTerms {
  /** All of these must be met, each by people of its own. */
  readonly needs: readonly Need[];
  readonly pendingTtlSeconds: number;
  readonly allowance: Allowance;
}

export interface ApprovalRequest {
  /** Opaque, not to be guessed, never used twice. */
  readonly id: string;
  readonly binding: string;
  readonly terms: ApprovalTerms;
  readonly requester: Requester;
  readonly server: string;
  readonly method: string;
  readonly target: Target;
  /** `policy/rule` that asks for the approval. */
  readonly rule: string;
  /** What the approver is shown of the arguments: the bytes as they came, masked. */
  readonly preview: string;
}

/** An approver must be able to read all that they approve, and the store to hold many of these. */
export const MAX_PREVIEW_BYTES = 64 * 1024;
/** Two policies on one server may each ask for an approval; more than this is a mistake. */
export const MAX_NEEDS = 8;
/** Longest name, URL or URI in a request. */
const MAX_TEXT_CHARS = 2048;

export type ReadRequester =
  | { readonly ok: true; readonly requester: Requester }
  | { readonly ok: false; readonly reason: string };

/** Without a verified person nobody could tell whether an approver is the requester: refused. */
export function requesterOf(principal: Principal): ReadRequester {
  const { issuer, subject, person, clientId, actors } = principal;
  if (person === undefined) {
    return {
      ok: false,
      reason:
        'calls that need an approval need a token with the verified person claim that the policy names',
    };
  }
  return {
    ok: true,
    requester: {
      issuer,
      subject,
      person,
      ...(clientId === undefined ? {} : { client: clientId }),
      actors,
    },
  };
}

/** Names all that approvers are shown and judged by, in one digest. */
export function requestDigest(request: ApprovalRequest): string {
  return digest('approvalRequest', canonicalize(request));
}

/** Why a request cannot be stored; names the field, never its value. */
export function requestProblem(request: ApprovalRequest): string | undefined {
  const { terms, requester, preview } = request;
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(request.id)) return 'id: must be 8 to 64 URL-safe characters';
  if (!/^[0-9a-f]{64}$/.test(request.binding)) return 'binding: must be a SHA-256 digest';
  if (terms.needs.length === 0) return 'terms.needs: nobody is asked';
  if (terms.needs.length > MAX_NEEDS) return `terms.needs: more than ${MAX_NEEDS} pools`;
  if (requester.actors.length > MAX_ACTORS) return `requester.actors: more than ${MAX_ACTORS}`;
  if (requester.person.trim() === '') return 'requester.person: is empty';
  const long = longField(request);
  if (long !== undefined) return `${long}: over ${MAX_TEXT_CHARS} characters`;
  if (!preview.isWellFormed()) return 'preview: is not whole Unicode';
  return Buffer.byteLength(preview) > MAX_PREVIEW_BYTES
    ? `arguments: over ${MAX_PREVIEW_BYTES} bytes, more than an approver can be shown`
    : undefined;
}

function longField({ requester, server, method, target, rule }: ApprovalRequest) {
  const fields = {
    'requester.issuer': requester.issuer,
    'requester.subject': requester.subject,
    'requester.person': requester.person,
    'requester.client': requester.client ?? '',
    server,
    method,
    target: target.name,
    rule,
  };
  return Object.entries(fields).find(([, text]) => text.length > MAX_TEXT_CHARS)?.[0];
}
