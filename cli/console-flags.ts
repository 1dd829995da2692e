// The flags of `gatehouse run` that open a console beside the gateway.

import { BESIDE_FLAGS, type BesideSettings } from '#console/settings.ts';
import { consoleUrlProblem } from '#core/identity/console-url.ts';
import type { KeyPlaces } from '#platform/file/key-file.ts';
import { UsageError } from './command.ts';
import { type HostPort, hostPort, text, texts, url } from './flag-kinds.ts';

export const CONSOLE_FLAGS = {
  console: hostPort,
  consoleUrl: url,
  consoleClient: text,
  consoleClientSecret: text,
  consoleAuditors: texts,
  consoleRecordingKey: text,
};

export const CONSOLE_USAGE = `  --console HOST:PORT    pages where people decide what waits, and read sessions; off without it
  --console-url URL      how browsers dial it: https, or http on loopback (http://localhost:PORT). Without
                         --console: the console elsewhere that calls which wait are told of
  --console-client ID    its client id at the identity provider (the policy's approvalAudience)
  --console-client-secret FILE
                         holds its client secret; without it the client is a public one, with PKCE
  --console-auditors GROUP
                         a group whose members may read every session; repeatable. Others read their own
  --console-recording-key FILE
                         private half of the recording key, to show recorded messages there
`;

export interface ConsoleFlags {
  readonly console: HostPort | undefined;
  readonly consoleUrl: URL | undefined;
  readonly consoleClient: string | undefined;
  readonly consoleClientSecret: string | undefined;
  readonly consoleAuditors: readonly string[];
  readonly consoleRecordingKey: string | undefined;
}

/** Undefined when no console was asked for. */
export function consoleSettings(
  flags: ConsoleFlags,
  rest: Pick<BesideSettings, keyof KeyPlaces | 'redis' | 'allowPlainHttp'>,
): BesideSettings | undefined {
  const { console: listen } = flags;
  if (listen === undefined) {
    const orphan = Object.keys(CONSOLE_FLAGS).find(
      (name) => name !== 'consoleUrl' && isGiven(flags, name),
    );
    if (orphan === undefined) {
      checkConsoleUrl(flags);
      return undefined;
    }
    throw new UsageError(`--${dashed(orphan)} is for a console; add --console HOST:PORT`);
  }
  if (listen.port === 0 && flags.consoleUrl === undefined) {
    throw new UsageError('--console must name a port, since browsers are sent back to it');
  }
  return {
    listen,
    publicUrl: flags.consoleUrl ?? new URL(`http://localhost:${listen.port}`),
    clientId: flags.consoleClient,
    clientSecretFile: flags.consoleClientSecret,
    auditors: flags.consoleAuditors,
    recordingKeyFile: flags.consoleRecordingKey,
    flags: BESIDE_FLAGS,
    ...rest,
  };
}

/** A console elsewhere is held to what one here is: calls that wait send people to this address. */
function checkConsoleUrl({ consoleUrl }: ConsoleFlags): void {
  if (consoleUrl === undefined) return;
  const problem = consoleUrlProblem(consoleUrl);
  if (problem !== undefined) throw new UsageError(`--console-url ${problem}`);
}

/** Where people decide, whether that console is opened here or runs elsewhere. */
export function decidingUrl(
  { consoleUrl }: ConsoleFlags,
  beside: BesideSettings | undefined,
): URL | undefined {
  return beside?.publicUrl ?? consoleUrl;
}

export interface DecidingFlags extends ConsoleFlags {
  readonly approvalKey: string | undefined;
  readonly redis: unknown;
}

/** A gateway that cannot decide needs to say where that is done, and a store that it shares with there. */
export function checkApprovalKey({
  approvalKey,
  console: listen,
  consoleUrl,
  redis,
}: DecidingFlags): void {
  if (approvalKey === undefined) return;
  const why = '--approval-key leaves deciding to a console elsewhere';
  if (listen !== undefined) throw new UsageError(`${why}; leave out --console`);
  if (consoleUrl === undefined) throw new UsageError(`${why}; say where with --console-url`);
  if (redis === undefined) throw new UsageError(`${why}, over a Redis that both use; add --redis`);
}

function isGiven(flags: ConsoleFlags, name: string): boolean {
  const value = new Map<string, unknown>(Object.entries(flags)).get(name);
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
