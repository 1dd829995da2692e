// Has the operator certify the key of this lane, as soon as it can be asked. Until then everything is recorded
// all the same; a verifier says of such a lane that its signer is not established.

import type { RunningLedger } from '#core/evidence/running-ledger.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import { OperatorFault, type OperatorLink } from './operator-link.ts';
import { type Attempt, keepTrying } from './retry.ts';

export interface CertificationDeps {
  readonly link: OperatorLink;
  readonly ledger: RunningLedger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stop: AbortSignal;
}

const PATH = '/v1/lanes';
const CERTIFICATE = /^[A-Za-z0-9_-]{86}$/;
const KEY_ID = /^[0-9a-f]{64}$/;

/** Resolves when the lane is certified, refused for good, or nobody waits any longer; never rejects. */
export function certifyLane(deps: CertificationDeps): Promise<void> {
  let told = '';
  return keepTrying(async () => {
    const code = await attempt(deps);
    if (code === undefined) return 'done';
    if (code !== told && !deps.stop.aborted) {
      deps.log.warn('the operator does not certify the evidence of this pod yet', { code });
    }
    told = code;
    return code === REFUSED ? 'done' : ('failed' satisfies Attempt);
  }, deps.stop);
}

/** Another lane was certified for this start of the container, or the pod is not as it was injected. */
const REFUSED = 'status_409';

/** Undefined when it is certified and on record. */
async function attempt({ link, ledger, clock, log, stop }: CertificationDeps) {
  const { lane, identity } = ledger;
  const { publicKey, bootNonce } = identity;
  try {
    const { status, body } = await link.post(PATH, { lane, publicKey, bootNonce }, stop);
    if (status !== 201) return `status_${status}`;
    const { certificate, trustKeyId } = Object(body);
    if (!CERTIFICATE.test(String(certificate)) || !KEY_ID.test(String(trustKeyId))) {
      return 'answer_invalid';
    }
    const detail = { trustKey: String(trustKeyId), certificate: String(certificate) };
    await ledger.append({ type: 'lane.certified', ts: clock.timestamp(), detail });
    log.info('the operator certified the evidence of this pod', {
      lane,
      trustKey: detail.trustKey,
    });
    return undefined;
  } catch (error) {
    return error instanceof OperatorFault ? error.code : 'not_recorded';
  }
}
