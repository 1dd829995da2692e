// People, requests and keys for tests of approvals. People come out of verified claims, as in life.

import { generateKeyPairSync } from 'node:crypto';
import { type Signer, signatureKey, signerFor } from '#core/evidence/signature.ts';
import type { Actor, Principal } from '#core/identity/principal.ts';
import type { JsonObject } from '#core/mcp/messages.ts';
import { type Approver, readApprover } from './approver.ts';
import { bindingOf } from './binding.ts';
import { type Breaking, type Glass, type Reviewing, signGlass, signReview } from './break-glass.ts';
import { type ApprovalRequest, type ApprovalTerms, type Need, requesterOf } from './request.ts';
import { signVote } from './signed-vote.ts';
import type { Ballot } from './voting.ts';
import { grantFor, reviewUntilMillis } from './windows.ts';

export const CORP = 'https://idp.example';
export const AUDIENCE = 'https://approvals.example';
export const MCP = 'https://payments.example/mcp';
/** 2026-01-01T00:00:00Z. */
export const T0 = 1_767_225_600_000;

export const SIGNER = newSigner();
export const TRUSTED = [signatureKey(SIGNER.publicKey)];

export function newSigner(): Signer {
  return signerFor(generateKeyPairSync('ed25519').privateKey);
}

export interface Facts {
  readonly issuer?: string;
  readonly person?: string;
  readonly groups?: readonly string[];
  readonly actors?: readonly Actor[];
  readonly clientId?: string;
  readonly claims?: JsonObject;
}

export function principal(subject: string, facts: Facts = {}): Principal {
  return {
    issuer: CORP,
    issuerName: 'corp',
    subject,
    person: `${subject}@example.com`,
    actors: [],
    groups: [],
    scopes: [],
    claims: { aud: AUDIENCE, auth_time: T0 / 1000 },
    expiresAtSeconds: T0 / 1000 + 3600,
    ...facts,
  };
}

export function approver(subject: string, facts: Facts = {}): Approver {
  const read = readApprover(
    principal(subject, { groups: ['finance'], ...facts }),
    { audience: AUDIENCE, mcpAudiences: [MCP] },
    T0 / 1000,
  );
  if (!read.ok) throw new Error(read.reason);
  return read.approver;
}

export const FINANCE: Need = {
  approval: 'finance',
  issuer: CORP,
  groups: ['finance'],
  subjects: [],
  quorum: 1,
};

export const TERMS: ApprovalTerms = {
  needs: [FINANCE],
  pendingTtlSeconds: 900,
  allowance: { scope: 'Call', maxUses: 1, ttlSeconds: 300 },
};

/** Approved by finance; whoever is on call may go around that. */
export const GLASS_TERMS: ApprovalTerms = {
  ...TERMS,
  needs: [{ ...FINANCE, breakGlass: { issuer: CORP, groups: ['oncall'], subjects: [] } }],
};

/** Alice asks to refund; `name` makes it another call of hers. */
export function request(
  name: string,
  { terms = TERMS, by = principal('alice') }: { terms?: ApprovalTerms; by?: Principal } = {},
): ApprovalRequest {
  const asked = requesterOf(by);
  if (!asked.ok) throw new Error(asked.reason);
  const call = {
    principal: by,
    server: MCP,
    method: 'tools/call',
    target: { kind: 'tool', name: 'refund' },
    definition: 'd'.repeat(64),
    rule: 'e'.repeat(64),
    arguments: { order: name, amount: 50.5 },
  } as const;
  return {
    id: `request-${name}`,
    binding: bindingOf(call, terms.allowance.scope),
    terms,
    requester: asked.requester,
    server: MCP,
    method: call.method,
    target: call.target,
    rule: 'payments/refunds',
    preview: JSON.stringify(call.arguments),
  };
}

/** A vote as the decider casts it: an approval brings its signed grant along. */
export function ballot(
  asked: ApprovalRequest,
  by: Approver,
  choice: 'approve' | 'deny' = 'approve',
  { nowMillis = T0, nonce = 'a'.repeat(32), signer = SIGNER } = {},
): Ballot {
  const reason = 'checked with the customer';
  const signature = signVote({ approver: by, choice, reason }, asked, signer);
  return choice === 'deny'
    ? { approver: by, choice, reason, signature }
    : {
        approver: by,
        choice,
        reason,
        signature,
        grant: grantFor(asked, { nonce, nowMillis, signer }),
      };
}

/** Breaking glass as the desk brings it to a store. */
export function breaking(
  asked: ApprovalRequest,
  by: Approver,
  { nowMillis = T0, nonce = 'a'.repeat(32), signer = SIGNER } = {},
): Breaking {
  const { issuer, subject, person } = by;
  const reason = 'payments are down';
  const reviewUntil = reviewUntilMillis(nowMillis);
  const words = { issuer, subject, person, reason, nonce, reviewUntilMillis: reviewUntil };
  return {
    approver: by,
    reason,
    reviewUntilMillis: reviewUntil,
    grant: grantFor(asked, { kind: 'BreakGlass', nonce, nowMillis, signer }),
    signature: signGlass(words, asked, signer),
  };
}

export function reviewing(
  glass: Pick<Glass, 'signature'>,
  by: Approver,
  { signer = SIGNER } = {},
): Reviewing {
  const { issuer, subject, person } = by;
  const said = { verdict: 'justified', reason: 'it was' } as const;
  const signature = signReview({ issuer, subject, person, ...said }, glass, signer);
  return { approver: by, ...said, signature };
}
