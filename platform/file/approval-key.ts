// The approval key where people decide elsewhere than at each gateway: a console holds the pair and signs
// votes and grants, gateways hold the public half alone and so can make neither.

import type { SignatureKey } from '#core/evidence/signature.ts';
import { loadSigningPair, readPublicKeys, type SigningPair } from './signing-pair.ts';

/** An approval key that cannot be used. Names the file and what to do, never what is in it. */
export class ApprovalKeyFault extends Error {
  override readonly name = 'ApprovalKeyFault';
  readonly code = 'approval_key';
}

const KIND = { Fault: ApprovalKeyFault, flag: '--approval-key' };

/** The pair of a console, made when neither half is there. Rejects with ApprovalKeyFault. */
export function loadApprovalKey(publicKeyFile: string): Promise<SigningPair> {
  return loadSigningPair(publicKeyFile, KIND);
}

/** What a gateway checks votes and grants with: one PEM block, or several during a rotation. */
export function readApprovalKeys(file: string): Promise<readonly SignatureKey[]> {
  return readPublicKeys(file, KIND);
}
