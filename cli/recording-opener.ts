// The private recording key that a command about sessions was given, or that lies where it is run.

import { access } from 'node:fs/promises';
import type { BlobOpener } from '#core/recordings/open-blob.ts';
import { RecordingKeyFault } from '#core/recordings/recording-key.ts';
import { readRecordingPrivateKey } from '#platform/file/recording-key.ts';
import { UsageError } from './command.ts';

/** Beside the default trust key, in the directory where the command is run. */
const DEFAULT_KEY_FILE = 'gatehouse-trust.recording.key';

/** `keyFile` undefined: the default file when it is there, else nothing is opened. */
export async function openerFrom(keyFile: string | undefined): Promise<BlobOpener | undefined> {
  if (keyFile === undefined && !(await isThere(DEFAULT_KEY_FILE))) {
    return undefined;
  }
  try {
    return await readRecordingPrivateKey(keyFile ?? DEFAULT_KEY_FILE);
  } catch (error) {
    if (error instanceof RecordingKeyFault) {
      throw new UsageError(`--recording-key: ${error.message}`);
    }
    throw error;
  }
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
