// The keys that a gateway shares with its replicas (those of approvals: open-approvals.ts), read once at start: from --data and beside the trust
// key, where missing ones are made, or from a folder of keys that are given (`--keys`).

import type { KeyObject } from 'node:crypto';
import type { Hmac } from '#core/masking/actions.ts';
import type { RecordingKey } from '#core/recordings/recording-key.ts';
import { keyFile } from '#platform/file/key-file.ts';
import { loadMaskingHash } from '#platform/file/masking-key.ts';
import { loadRecordingKey, readRecordingPublicKey } from '#platform/file/recording-key.ts';
import { loadSealingKeys } from '#platform/file/sealing-keys.ts';
import { loadSigningKey } from '#platform/file/signing-key.ts';
import type { Logger } from '#platform/process/log.ts';
import type { SidecarSettings } from './settings.ts';

export interface Keys {
  /** The first seals, all of them open. */
  readonly sealing: readonly Uint8Array[];
  readonly maskingHash: Hmac;
  /** Signs the tokens that the server gets. */
  readonly upstreamSigning: KeyObject;
  /** What recordings are encrypted for. */
  readonly recording: RecordingKey;
}

/** Rejects with a fault that names the file and what to do. */
export async function loadKeys(settings: SidecarSettings, log: Logger): Promise<Keys> {
  return {
    sealing: await loadSealingKeys(settings),
    maskingHash: await loadMaskingHash(settings),
    upstreamSigning: await loadSigningKey(keyFile(settings, 'upstream-signing-key.pem')),
    recording: await recordingKeyOf(settings, log),
  };
}

/** Made on first start where none is given; after that only its public half is ever read here. */
async function recordingKeyOf(settings: SidecarSettings, log: Logger): Promise<RecordingKey> {
  const given = keyFile(settings, 'recording.pub');
  const { trustKeyFile } = settings;
  if (given.isGiven || trustKeyFile === undefined) return readRecordingPublicKey(given.path);
  const { key, isNew, publicKeyFile, privateKeyFile } = await loadRecordingKey(trustKeyFile);
  if (isNew) {
    log.info('recording key made: take the private half to where recordings are read', {
      publicKeyFile,
      privateKeyFile,
    });
  }
  return key;
}
