// The keys that the operator makes once and keeps in its own namespace: what signs policy documents, what
// certifies lanes, and what the console signs approvals with. docs/keys.md has a row for each.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { type Signer, signatureKey, signerFor } from '#core/evidence/signature.ts';
import {
  type DocumentKey,
  type DocumentKeySet,
  documentKey,
  documentKeySet,
} from '#platform/documents/signed-text.ts';
import type { KubeClient } from '../kube/client.ts';
import { ensureSecret, type SecretTexts } from './secrets.ts';

export const OPERATOR_KEYS_SECRET = 'gatehouse-operator-keys';
export const CONSOLE_KEYS_SECRET = 'gatehouse-console-keys';

/** Keys inside the Secrets. */
export const OPERATOR_KEY_FILES = {
  policy: 'policy-signing-key.pem',
  /** A key before or after this one, during a rotation: only its public half counts. */
  policyOther: 'policy-other.pub',
  trust: 'trust-key.pem',
  redisUsers: 'redis-users.key',
} as const;
/** As `gatehouse console` looks for them: each private half beside its public one. */
export const CONSOLE_KEY_FILES = {
  approval: 'approval.key',
  approvalPublic: 'approval.pub',
  trust: 'trust.key',
  trustPublic: 'trust.pub',
  sealing: 'sealing.keys',
  recording: 'recording.key',
} as const;

export interface OperatorKeys {
  readonly policyKey: DocumentKey;
  /** What verifies documents: `policy-keys.json`. */
  readonly policyKeys: DocumentKeySet;
  readonly trust: { readonly id: string; readonly signer: Signer; readonly publicPem: string };
  /** All that an auditor of this cluster needs: the operator's, and the console's. */
  readonly trustPems: readonly string[];
  readonly approvalPublicPem: string;
  readonly recordingPublicPem: string;
  /** The password of a namespace's Redis user, or of the console's: the same each time it is asked for. */
  redisPassword(namespace: string): string;
}

/** `recordingPublicPem`: where the private half is kept elsewhere, as it should be. */
export async function loadOperatorKeys(
  client: KubeClient,
  namespace: string,
  recordingPublicPem?: string,
): Promise<OperatorKeys> {
  const own = await ensureSecret(
    client,
    { namespace, name: OPERATOR_KEYS_SECRET },
    {
      [OPERATOR_KEY_FILES.policy]: newEd25519,
      [OPERATOR_KEY_FILES.trust]: newEd25519,
      [OPERATOR_KEY_FILES.redisUsers]: newSymmetric,
    },
  );
  const place = { namespace, name: CONSOLE_KEYS_SECRET };
  const consoles = await ensureSecret(client, place, {
    [CONSOLE_KEY_FILES.approval]: newEd25519,
    [CONSOLE_KEY_FILES.trust]: newEd25519,
    [CONSOLE_KEY_FILES.sealing]: newSymmetric,
    ...(recordingPublicPem === undefined ? { [CONSOLE_KEY_FILES.recording]: newX25519 } : {}),
  });
  const publicOf = (name: string) => () => publicPem(privateKey(consoles, name));
  await ensureSecret(client, place, {
    [CONSOLE_KEY_FILES.approvalPublic]: publicOf(CONSOLE_KEY_FILES.approval),
    [CONSOLE_KEY_FILES.trustPublic]: publicOf(CONSOLE_KEY_FILES.trust),
  });
  return readKeys(own, consoles, recordingPublicPem);
}

async function readKeys(
  own: SecretTexts,
  consoles: SecretTexts,
  recordingPublicPem: string | undefined,
): Promise<OperatorKeys> {
  const policy = privateKey(own, OPERATOR_KEY_FILES.policy);
  const trust = privateKey(own, OPERATOR_KEY_FILES.trust);
  const other = own.get(OPERATOR_KEY_FILES.policyOther);
  const signer = signerFor(trust);
  const secret = Buffer.from(own.get(OPERATOR_KEY_FILES.redisUsers) ?? '', 'base64');
  return {
    policyKey: await documentKey(policy),
    policyKeys: await documentKeySet([
      policy,
      ...(other === undefined ? [] : [createPublicKey(other)]),
    ]),
    trust: { id: signatureKey(signer.publicKey).id, signer, publicPem: publicPem(trust) },
    trustPems: [publicPem(trust), publicPem(privateKey(consoles, CONSOLE_KEY_FILES.trust))],
    approvalPublicPem: publicPem(privateKey(consoles, CONSOLE_KEY_FILES.approval)),
    recordingPublicPem:
      recordingPublicPem ?? publicPem(privateKey(consoles, CONSOLE_KEY_FILES.recording)),
    redisPassword: (name) =>
      Buffer.from(hkdfSync('sha256', secret, '', `gatehouse/redis-user/v1\n${name}`, 32)).toString(
        'base64url',
      ),
  };
}

/** A Secret of the operator that holds something else than what belongs there. */
export class OperatorKeysFault extends Error {
  override readonly name = 'OperatorKeysFault';
  readonly code = 'operator_keys';
}

function privateKey(texts: SecretTexts, name: string): KeyObject {
  try {
    return createPrivateKey(texts.get(name) ?? '');
  } catch {
    throw new OperatorKeysFault(`${name} holds no private key in PEM; remove it to have one made`);
  }
}

export function publicPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
}

function newEd25519(): string {
  return pkcs8(generateKeyPairSync('ed25519').privateKey);
}

function newX25519(): string {
  return pkcs8(generateKeyPairSync('x25519').privateKey);
}

export function newP256(): string {
  return pkcs8(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}

/** As sealing and masking keys are written: 32 bytes of base64 on a line. */
export function newSymmetric(): string {
  return `${randomBytes(32).toString('base64')}\n`;
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
