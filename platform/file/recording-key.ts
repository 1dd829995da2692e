// Where the recording key lies: beside the trust key, outside the data. A gateway reads the public half
// alone; whoever is to see recordings brings the private one.

import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { BlobOpener } from '#core/recordings/open-blob.ts';
import {
  type RecordingKey,
  RecordingKeyFault,
  recordingKey,
} from '#core/recordings/recording-key.ts';
import {
  createKeyPairFiles,
  type KeyPairFiles,
  keyFileExists,
  parseKey,
  readPem,
  readPrivatePem,
} from './key-pair-files.ts';
import { keyStem } from './signing-pair.ts';

export interface LoadedRecordingKey extends KeyPairFiles {
  readonly key: RecordingKey;
  /** Whether this call made the pair; say so, for the private half should be taken elsewhere. */
  readonly isNew: boolean;
}

/** `gatehouse-trust.pub` -> `gatehouse-trust.recording.pub` and `.recording.key`. */
export function recordingKeyFiles(trustKeyFile: string): KeyPairFiles {
  const stem = `${keyStem(trustKeyFile)}.recording`;
  return { publicKeyFile: `${stem}.pub`, privateKeyFile: `${stem}.key` };
}

/**
 * Loads the public half, and makes the pair when neither half exists. Never opens the private half,
 * which need not be on this machine. Rejects with RecordingKeyFault when there is no key to use.
 */
export async function loadRecordingKey(trustKeyFile: string): Promise<LoadedRecordingKey> {
  const files = recordingKeyFiles(trustKeyFile);
  const { publicKeyFile, privateKeyFile } = files;
  const isThere = await keyFileExists(publicKeyFile, RecordingKeyFault);
  if (!isThere) {
    if (await keyFileExists(privateKeyFile, RecordingKeyFault)) {
      throw new RecordingKeyFault(
        `${privateKeyFile} exists but ${publicKeyFile} does not; run: openssl pkey -in ${privateKeyFile} -pubout -out ${publicKeyFile}`,
      );
    }
    const kind = { Fault: RecordingKeyFault, flag: '--trust-key' };
    await createKeyPairFiles(generateKeyPairSync('x25519'), files, kind);
  }
  return { ...files, key: await readRecordingPublicKey(publicKeyFile), isNew: !isThere };
}

/** Rejects with RecordingKeyFault, naming the file, unless it holds the public half and no private one. */
export async function readRecordingPublicKey(file: string): Promise<RecordingKey> {
  const pem = await readPem(file, RecordingKeyFault);
  // Node would derive a public key from a private one, which has no business in this file.
  const key = pem.includes('PRIVATE') ? undefined : parseKey(() => createPublicKey(pem));
  if (key?.asymmetricKeyType !== 'x25519') {
    throw new RecordingKeyFault(`${file}: holds no public X25519 key in PEM`);
  }
  return recordingKey(key);
}

/** Rejects with RecordingKeyFault, naming the file, unless it holds the private half. */
export async function readRecordingPrivateKey(file: string): Promise<BlobOpener> {
  const pem = await readPrivatePem(file, RecordingKeyFault);
  const key = parseKey(() => createPrivateKey(pem));
  if (key?.asymmetricKeyType !== 'x25519') {
    throw new RecordingKeyFault(
      `${file}: holds no private X25519 key in PEM; the private half of the recording key ends in .recording.key`,
    );
  }
  return new BlobOpener(key);
}
