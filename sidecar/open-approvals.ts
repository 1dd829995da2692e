// Requests that wait, their grants, and who signs for them: this gateway, or a console elsewhere whose key
// it can only check.

import { randomBytes } from 'node:crypto';
import { ApprovalDesk } from '#core/approvals/desk.ts';
import { type Overdue, overdue } from '#core/approvals/overdue.ts';
import { OwedRecords } from '#core/approvals/owed-records.ts';
import type { Ledger } from '#core/evidence/ledger.ts';
import {
  type SignatureKey,
  type Signer,
  signatureKey,
  signerFor,
} from '#core/evidence/signature.ts';
import { Slots } from '#core/limiter.ts';
import { readApprovalKeys } from '#platform/file/approval-key.ts';
import { keyFile } from '#platform/file/key-file.ts';
import { loadSigningKey } from '#platform/file/signing-key.ts';
import { hostInUrl } from './doors.ts';
import { holdLimits } from './hold.ts';
import type { Approvals } from './obtain-approval.ts';
import { openApprovalStore, type StateContext } from './state-stores.ts';

export interface OpenApprovals {
  readonly approvals: Approvals;
  /** Undefined where nobody decides: the key that signs is elsewhere. */
  readonly desk: ApprovalDesk | undefined;
  readonly due: Overdue;
}

export async function openApprovals(
  context: StateContext & { readonly ledger: Ledger },
): Promise<OpenApprovals> {
  const { settings, clock, ledger } = context;
  const { admin, holdSeconds, consoleUrl } = settings;
  const { signer, trusted } = await keysOf(settings);
  const store = await openApprovalStore(context, trusted);
  const adminOrigin = `http://${hostInUrl(admin.host)}:${admin.port}`;
  const approvals: Approvals = {
    store,
    hold: holdLimits(holdSeconds),
    held: new Slots(),
    urlOf: (id) => `${consoleUrl?.origin ?? adminOrigin}/approvals/${id}`,
  };
  const append = ledger.append.bind(ledger);
  const timestamp = () => clock.timestamp();
  const nowMillis = () => Math.floor(clock.epochSeconds() * 1000);
  if (signer === undefined) {
    const due = overdue({ store, owed: new OwedRecords(append), trusted, nowMillis, timestamp });
    return { approvals, desk: undefined, due };
  }
  const desk = new ApprovalDesk({
    ...{ store, append, signer, nowMillis, timestamp },
    newNonce: () => randomBytes(16).toString('hex'),
  });
  return { approvals, desk, due: desk };
}

interface ApprovalKeys {
  readonly signer?: Signer;
  readonly trusted: readonly SignatureKey[];
}

async function keysOf(settings: StateContext['settings']): Promise<ApprovalKeys> {
  const { approvalKeyFile } = settings;
  if (approvalKeyFile !== undefined) return { trusted: await readApprovalKeys(approvalKeyFile) };
  const key = await loadSigningKey(keyFile(settings, 'approval-signing-key.pem'), 'Ed25519');
  const signer = signerFor(key);
  return { signer, trusted: [signatureKey(signer.publicKey)] };
}
