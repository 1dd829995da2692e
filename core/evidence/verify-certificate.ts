// Whether a trust key stands behind the key that signed a lane: said in the lane's first record, or in a
// later one where the gateway started while whoever certifies was away.

import { isCertified } from './lane.ts';
import type { LaneOpening } from './opening.ts';
import type { StoredRecord } from './parse-record.ts';
import type { ProblemCode, Report } from './problem.ts';
import type { LanePlace, TrustedKeys } from './verify-lane.ts';

export class CertificateCheck {
  readonly #place: LanePlace;
  readonly #trusted: TrustedKeys;
  readonly #report: Report;
  #opening: LaneOpening | undefined;
  /** Said by a record, whatever became of it: a certificate that does not hold has its own finding. */
  #isNamed = false;

  constructor(place: LanePlace, trusted: TrustedKeys, report: Report) {
    this.#place = place;
    this.#trusted = trusted;
    this.#report = report;
  }

  opened(opening: LaneOpening, line: number): void {
    this.#opening = opening;
    const { trustKey, certificate } = opening;
    if (trustKey !== undefined && certificate !== undefined) {
      this.#check({ trustKey, certificate }, { line, seq: 1 });
    }
  }

  record({ type, seq, detail }: StoredRecord, line: number): void {
    if (type !== 'lane.certified') return;
    const { trustKey, certificate } = detail ?? {};
    const said = { trustKey: String(trustKey), certificate: String(certificate) };
    const isFirst = !this.#isNamed;
    const isGood = this.#check(said, { line, seq });
    if (isFirst && isGood) {
      const message = `certified by key ${said.trustKey} with record ${seq}, not at its start`;
      this.#flag('lane_certified_late', message, { line, seq });
    }
  }

  end(seq: number): void {
    if (this.#trusted === undefined || this.#opening === undefined || this.#isNamed) return;
    const message = 'no trust key has certified its key: who wrote it is not established';
    this.#flag('lane_uncertified', message, { seq });
  }

  /** Without trust keys nothing can be said, and nothing is. */
  #check({ trustKey, certificate }: Said, where: Where): boolean {
    this.#isNamed = true;
    const { lane } = this.#place;
    if (this.#trusted === undefined || this.#opening === undefined) return false;
    const trust = this.#trusted.get(trustKey);
    if (trust === undefined) {
      const message = `the lane was certified by key ${trustKey}, which is not trusted`;
      this.#flag('signer_unknown', message, where);
      return false;
    }
    const { publicKey } = this.#opening;
    if (isCertified({ lane, publicKey, certificate }, trust)) return true;
    this.#flag('certificate_invalid', "the trust key did not certify the lane's key", where);
    return false;
  }

  #flag(code: ProblemCode, message: string, where: Where): void {
    const { file, lane } = this.#place;
    this.#report({ code, message, file, lane, ...where });
  }
}

interface Said {
  readonly trustKey: string;
  readonly certificate: string;
}

interface Where {
  readonly line?: number;
  readonly seq: number;
}
