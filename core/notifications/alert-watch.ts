// What looks wrong: somebody who is refused again and again, and approvals that come faster, or between the same
// two people more often, than reading what is asked allows.

import type { DurableRecord } from '#core/evidence/ledger.ts';
import type { RecordDraft, RecordedApproval } from '#core/evidence/record.ts';
import { type Notice, notice } from './notice.ts';
import { Recent } from './recent.ts';

/** Refusals of one principal, or of one address where nobody is proven, that make a burst. */
export const BURST_REFUSALS = 20;
export const BURST_MS = 60_000;
/** Grants between one requester and one approver that are worth a second look. */
export const PAIR_GRANTS = 10;
export const PAIR_MS = 60 * 60_000;
/** Less than it takes to read what one approves. */
export const HASTY_MS = 3_000;
/** What goes on is told of again after this long. */
export const QUIET_MS = 10 * 60_000;

export class AlertWatch {
  readonly #refusals = new Recent(BURST_MS);
  readonly #pairs = new Recent(PAIR_MS);
  readonly #told = new Recent(QUIET_MS);

  /** `nowMillis` is that of the process: the records of one lane come in its order. */
  look(record: DurableRecord, nowMillis: number): Notice | undefined {
    const { draft } = record;
    switch (draft.type) {
      case 'approval.granted':
        return this.#unexpected(record, nowMillis);
      default:
        return isRefusal(draft) ? this.#burst(record, nowMillis) : undefined;
    }
  }

  #burst(record: DurableRecord, nowMillis: number): Notice | undefined {
    const who = whoIs(record.draft);
    const refusals = this.#refusals.add(who, nowMillis);
    if (refusals < BURST_REFUSALS || !this.#isNews(`burst ${who}`, nowMillis)) return undefined;
    return notice('DenialBurst', record, { refusals, seconds: BURST_MS / 1000 });
  }

  #unexpected(record: DurableRecord, nowMillis: number): Notice | undefined {
    const { approval } = record.draft;
    if (approval === undefined) return undefined;
    if (isHasty(approval, record.draft.ts)) {
      return notice('UnexpectedApproval', record, { why: 'approved before it could be read' });
    }
    const approvers = approval.approvers ?? [];
    const pairs = approvers.map((approver) => JSON.stringify([whoIs(record.draft), approver]));
    const grants = Math.max(0, ...pairs.map((pair) => this.#pairs.add(pair, nowMillis)));
    const often = `pair ${pairs.join()}`;
    if (grants < PAIR_GRANTS || !this.#isNews(often, nowMillis)) return undefined;
    const why = 'the same person approved what the same person asked for, many times';
    return notice('UnexpectedApproval', record, { why, grants, seconds: PAIR_MS / 1000 });
  }

  #isNews(what: string, nowMillis: number): boolean {
    // Only what is told counts: what never pauses would else be told once and never again.
    if (this.#told.count(what, nowMillis) > 0) return false;
    this.#told.add(what, nowMillis);
    return true;
  }
}

/** By the record alone: it was asked for at one gateway, and granted wherever people decide. */
function isHasty({ requestedAtMillis }: RecordedApproval, ts: string): boolean {
  return requestedAtMillis !== undefined && Date.parse(ts) - requestedAtMillis < HASTY_MS;
}

function isRefusal({ type, outcome }: RecordDraft): boolean {
  if (type !== 'outcome' && type !== 'message.refused' && type !== 'auth.failed') return false;
  return outcome?.refusal !== undefined;
}

function whoIs({ principal, source }: RecordDraft): string {
  return JSON.stringify(
    principal === undefined ? [source?.address ?? ''] : [principal.issuer, principal.subject],
  );
}
