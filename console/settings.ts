// What a console is started with, already read and typed.

import type { KeyPlaces } from '#platform/file/key-file.ts';
import type { RedisSettings } from '#platform/redis/settings.ts';

export interface ConsoleSettings extends KeyPlaces {
  readonly listen: Listening;
  /** How browsers dial it: https, or plain http on loopback. Its path is `/`. */
  readonly publicUrl: URL;
  /** Id of the console at the identity provider; absent: the policy's approval audience. */
  readonly clientId?: string | undefined;
  readonly clientSecretFile?: string | undefined;
  /** Groups whose members may read every session; everybody reads their own. */
  readonly auditors: readonly string[];
  /** Private half of the recording key; absent: messages stay sealed. */
  readonly recordingKeyFile?: string | undefined;
  readonly allowPlainHttp: boolean;
  /** What the flags are called that a fault of these settings names. */
  readonly flags: typeof BESIDE_FLAGS | typeof ALONE_FLAGS;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
}

/** Beside a gateway: its desk, its policy and its evidence. */
export interface BesideSettings extends ConsoleSettings {
  /** Undefined: sessions are read out of `dataDir`. */
  readonly redis?: RedisSettings | undefined;
}

/** Alone, in front of a Redis that gateways share. */
export interface AloneSettings extends ConsoleSettings {
  /** Its namespace is that of visits, and of policies that name none. */
  readonly redis: RedisSettings;
  /** Files, and folders of them. */
  readonly policyPaths: readonly string[];
  /** Public halves; the private ones lie beside them. */
  readonly trustKeyFile: string;
  readonly approvalKeyFile: string;
  /** Where the newest checkpoint of its evidence is kept; undefined: beside the trust key. */
  readonly checkpointsDir?: string | undefined;
  readonly admin: Listening;
  /** Where policies may name secrets of receivers. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the keys of their Secrets are, by namespace, Secret and key. */
  readonly secretsDir?: string | undefined;
  /** Notifications may go to addresses that are not public. */
  readonly allowPrivateReceivers: boolean;
  readonly version: string;
}

/** Of `gatehouse run`. */
export const BESIDE_FLAGS = {
  listen: '--console',
  publicUrl: '--console-url',
  clientSecret: '--console-client-secret',
  recordingKey: '--console-recording-key',
} as const;

/** Of `gatehouse console`. */
export const ALONE_FLAGS = {
  listen: '--listen',
  publicUrl: '--public-url',
  clientSecret: '--client-secret',
  recordingKey: '--recording-key',
} as const;

/** The console cannot start as configured: the message names the flag and what to do. */
export class ConsoleFault extends Error {
  override readonly name = 'ConsoleFault';
  readonly code = 'console';
}
