// What a console is started with, already read and typed.

import type { KeyPlaces } from '#platform/file/key-file.ts';
import type { RedisSettings } from '#platform/redis/settings.ts';

export interface ConsoleSettings extends KeyPlaces {
  readonly listen: { readonly host: string; readonly port: number };
  /** How browsers dial it: https, or plain http on loopback. Its path is `/`. */
  readonly publicUrl: URL;
  /** Id of the console at the identity provider; absent: the policy's approval audience. */
  readonly clientId?: string | undefined;
  readonly clientSecretFile?: string | undefined;
  /** Groups whose members may read every session; everybody reads their own. */
  readonly auditors: readonly string[];
  /** Private half of the recording key; absent: messages stay sealed. */
  readonly recordingKeyFile?: string | undefined;
  /** Undefined: sessions are read out of `dataDir`. */
  readonly redis?: RedisSettings | undefined;
  readonly allowPlainHttp: boolean;
}

/** The console cannot start as configured: the message names the flag and what to do. */
export class ConsoleFault extends Error {
  override readonly name = 'ConsoleFault';
  readonly code = 'console';
}
