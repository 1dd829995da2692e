// What one gateway is started with, already read and typed: flags on a laptop, env in a pod.

import type { KeyPlaces } from '#platform/file/key-file.ts';
import type { OtlpSettings } from '#platform/otel/otlp-settings.ts';
import type { RedisSettings } from '#platform/redis/settings.ts';
import type { Listening } from './doors.ts';
import type { TlsFiles } from './tls-files.ts';

export interface SidecarSettings extends KeyPlaces {
  readonly policyFiles: readonly string[];
  /** URL of the MCP server's endpoint; its path is also the public one. */
  readonly upstream: URL;
  readonly listen: Listening;
  /** Where clients dial; empty: the policy's, else the listen address. */
  readonly publicUrls: readonly URL[];
  /** Public half; the private one lies beside it. Undefined: the trust key is held elsewhere. */
  readonly trustKeyFile?: string | undefined;
  readonly admin: Listening;
  /** Where replicas reach this one, to bring requests of its sessions; undefined: it stands alone. */
  readonly peerListen?: Listening | undefined;
  /** Where people decide what waits: a console; undefined: the admin address. */
  readonly consoleUrl?: URL | undefined;
  /** Public half of the key of those who decide elsewhere; undefined: people decide at this gateway too. */
  readonly approvalKeyFile?: string | undefined;
  /** Plain http beyond loopback, to issuers and the server; recorded at start. */
  readonly allowPlainHttp: boolean;
  /** Notifications may go to addresses that are not public; recorded at start. */
  readonly allowPrivateReceivers?: boolean | undefined;
  /** Longest a call waits for an approval inside one HTTP exchange; undefined: as its client bears. */
  readonly holdSeconds?: number | undefined;
  /** Undefined: plain http on the MCP port. Both are read again when they change. */
  readonly tls?: TlsFiles | undefined;
  /** Undefined: evidence and approvals are kept under `dataDir`, for this process alone. */
  readonly redis?: RedisSettings | undefined;
  /** Undefined: no telemetry leaves. */
  readonly otlp?: OtlpSettings | undefined;
  readonly version: string;
  /** For credentials that the policy takes from the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where keys of Secrets that the policy names are mounted; undefined outside a pod. */
  readonly secretsDir?: string | undefined;
}

/** The gateway cannot start as configured: the message names the setting and what to do. */
export class SettingsFault extends Error {
  override readonly name = 'SettingsFault';
  readonly code = 'settings';
}

/** Time that calls under way get to finish once the gateway is asked to stop. */
export const DRAIN_MS = 20_000;
