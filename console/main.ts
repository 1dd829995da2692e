// Puts one console together and serves it until it is closed. The only file here that constructs
// adapters; `gatehouse run --console` starts it beside a gateway, with that gateway's desk and evidence.

import { isLoopback } from '#core/identity/loopback.ts';
import type { BlobOpener } from '#core/recordings/open-blob.ts';
import { RecordingKeyFault } from '#core/recordings/recording-key.ts';
import { fileSessions } from '#platform/file/recorded-sessions.ts';
import { readRecordingPrivateKey } from '#platform/file/recording-key.ts';
import { loadSealingKeys } from '#platform/file/sealing-keys.ts';
import { readSecretFile, SecretFileFault } from '#platform/file/secret-file.ts';
import { CodeFlow } from '#platform/oidc/code-flow.ts';
import { Sealer } from '#platform/process/seal.ts';
import { connectRedis } from '#platform/redis/client.ts';
import { redisSessions } from '#platform/redis/recorded-sessions.ts';
import { readAssets } from './assets.ts';
import type { Console } from './console.ts';
import { startServer } from './server.ts';
import { SessionShelf } from './session-shelf.ts';
import { ConsoleFault, type ConsoleSettings } from './settings.ts';
import { Visits } from './visits.ts';

/** What the console is given by the program it runs in. */
export type ConsoleHost = Pick<
  Console,
  'desk' | 'append' | 'onUnproven' | 'tooSoon' | 'trusted' | 'clock' | 'log'
>;

export interface RunningConsole {
  close(): Promise<void>;
}

/** Rejects with ConsoleFault when it cannot start as configured. */
export async function startConsole(
  settings: ConsoleSettings,
  host: ConsoleHost,
): Promise<RunningConsole> {
  const { clock, log } = host;
  const { publicUrl, allowPlainHttp } = settings;
  refusePlainHttp(publicUrl);
  const nowMillis = () => Math.floor(clock.epochSeconds() * 1000);
  const shelf = await openSessions(settings);
  const server = await startServer({
    ...host,
    settings,
    sessions: new SessionShelf({
      auditors: settings.auditors,
      recorded: shelf.recorded,
      opener: await openerOf(settings),
      nowMillis,
    }),
    visits: new Visits(() => clock.epochSeconds()),
    codeFlow: new CodeFlow({
      clientSecret: await clientSecretOf(settings),
      redirectUri: new URL('/sign-in/callback', publicUrl).href,
      allowsPlainHttp: (issuer) => allowPlainHttp || isLoopback(new URL(issuer).hostname),
      now: nowMillis,
    }),
    sealer: new Sealer(await loadSealingKeys(settings)),
    assets: await readAssets(),
  });
  log.info('console ready', { url: publicUrl.origin });
  return {
    close: async () => {
      await server.close();
      shelf.close();
    },
  };
}

/** Out of the files of this gateway, or the Redis that several share. */
async function openSessions({ dataDir, redis }: ConsoleSettings) {
  if (redis === undefined) return { recorded: fileSessions(dataDir), close: () => {} };
  const { target, ca, namespace } = redis;
  const options = { name: 'gatehouse-console', ...(ca === undefined ? {} : { ca }) };
  const client = await connectRedis(target, options);
  return { recorded: redisSessions(client, namespace), close: () => client.disconnect() };
}

/** Browsers keep the cookies of a visit to https; loopback is the one place where http is no exposure. */
function refusePlainHttp({ protocol, hostname, pathname }: URL): void {
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw new ConsoleFault(
      '--console-url: must be https, or http on loopback: browsers keep the cookies of a sign-in to those',
    );
  }
  if (pathname !== '/') throw new ConsoleFault('--console-url: must have no path');
}

async function clientSecretOf({ clientSecretFile }: ConsoleSettings): Promise<string | undefined> {
  if (clientSecretFile === undefined) return undefined;
  try {
    return await readSecretFile(clientSecretFile);
  } catch (cause) {
    if (!(cause instanceof SecretFileFault)) throw cause;
    throw new ConsoleFault(`--console-client-secret-file: ${cause.message}`, { cause });
  }
}

async function openerOf({ recordingKeyFile }: ConsoleSettings): Promise<BlobOpener | undefined> {
  if (recordingKeyFile === undefined) return undefined;
  try {
    return await readRecordingPrivateKey(recordingKeyFile);
  } catch (cause) {
    if (!(cause instanceof RecordingKeyFault)) throw cause;
    throw new ConsoleFault(`--console-recording-key: ${cause.message}`, { cause });
  }
}
