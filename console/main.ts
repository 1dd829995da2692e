// Puts one console together and serves it until it is closed: beside a gateway, with that gateway's desk and
// evidence (`gatehouse run --console`), or alone in front of a Redis (`gatehouse console`).

import { consoleUrlProblem } from '#core/identity/console-url.ts';
import { isLoopback } from '#core/identity/loopback.ts';
import type { VisitStore } from '#core/identity/visit-store.ts';
import type { BlobOpener } from '#core/recordings/open-blob.ts';
import { RecordingKeyFault } from '#core/recordings/recording-key.ts';
import { fileSessions } from '#platform/file/recorded-sessions.ts';
import { readRecordingPrivateKey } from '#platform/file/recording-key.ts';
import { loadSealingKeys } from '#platform/file/sealing-keys.ts';
import { readSecretFile, SecretFileFault } from '#platform/file/secret-file.ts';
import { MemoryVisitStore } from '#platform/memory/visit-store.ts';
import { CodeFlow } from '#platform/oidc/code-flow.ts';
import { Sealer } from '#platform/process/seal.ts';
import { connectRedis } from '#platform/redis/client.ts';
import { redisSessions } from '#platform/redis/recorded-sessions.ts';
import { readAssets } from './assets.ts';
import type { Console } from './console.ts';
import type { ConsoleNamespace } from './namespace.ts';
import { startServer } from './server.ts';
import { SessionShelf } from './session-shelf.ts';
import { type BesideSettings, ConsoleFault, type ConsoleSettings } from './settings.ts';
import { Visits } from './visits.ts';

/** What the console is given by the gateway it runs beside. */
export interface ConsoleHost extends Pick<Console, 'tooSoon' | 'clock' | 'log'> {
  readonly namespace: Omit<ConsoleNamespace, 'sessions'>;
}

export interface RunningConsole {
  close(): Promise<void>;
}

/** Rejects with ConsoleFault when it cannot start as configured. */
export async function startConsole(
  settings: BesideSettings,
  host: ConsoleHost,
): Promise<RunningConsole> {
  const nowMillis = () => Math.floor(host.clock.epochSeconds() * 1000);
  const prepared = await prepare(settings);
  const shelf = await openSessions(settings);
  const { auditors } = settings;
  const opener = await openerOf(settings);
  const namespace = {
    ...host.namespace,
    sessions: new SessionShelf({ auditors, recorded: shelf.recorded, opener, nowMillis }),
  };
  const serving = await serve(settings, prepared, {
    ...host,
    namespaces: () => [namespace],
    visitStore: new MemoryVisitStore(nowMillis),
  }).catch((error: unknown) => {
    shelf.close();
    throw error;
  });
  return {
    close: async () => {
      await serving.close();
      shelf.close();
    },
  };
}

/** What pages need of files: had before anything is waited for, since a fault in it is worth saying at once. */
export interface Prepared extends Pick<Console, 'sealer' | 'assets'> {
  readonly clientSecret: string | undefined;
}

/** Rejects with ConsoleFault or the fault of a key when the console cannot serve as configured. */
export async function prepare(settings: ConsoleSettings): Promise<Prepared> {
  refusePlainHttp(settings);
  return {
    sealer: new Sealer(await loadSealingKeys(settings)),
    clientSecret: await clientSecretOf(settings),
    assets: await readAssets(),
  };
}

export interface Serving extends Pick<Console, 'namespaces' | 'tooSoon' | 'clock' | 'log'> {
  /** Closed with the console. */
  readonly visitStore: VisitStore;
}

/** Listens; the store of visits is closed when it cannot. */
export async function serve(
  settings: ConsoleSettings,
  { clientSecret, sealer, assets }: Prepared,
  { visitStore, ...serving }: Serving,
): Promise<RunningConsole> {
  const { clock, log } = serving;
  const { publicUrl, allowPlainHttp } = settings;
  const server = await startServer({
    ...serving,
    settings,
    visits: new Visits({ store: visitStore, sealer, nowSeconds: () => clock.epochSeconds() }),
    codeFlow: new CodeFlow({
      clientSecret,
      redirectUri: new URL('/sign-in/callback', publicUrl).href,
      allowsPlainHttp: (issuer) => allowPlainHttp || isLoopback(new URL(issuer).hostname),
      now: () => Math.floor(clock.epochSeconds() * 1000),
    }),
    ...{ sealer, assets },
  }).catch((error: unknown) => {
    visitStore.close();
    throw error;
  });
  log.info('console ready', { url: publicUrl.origin });
  return {
    close: async () => {
      await server.close();
      visitStore.close();
    },
  };
}

/** Out of the files of this gateway, or the Redis that several share. */
async function openSessions({ dataDir, redis }: BesideSettings) {
  if (redis === undefined) return { recorded: fileSessions(dataDir), close: () => {} };
  const { target, ca, namespace } = redis;
  const options = { name: 'gatehouse-console', ...(ca === undefined ? {} : { ca }) };
  const client = await connectRedis(target, options);
  return { recorded: redisSessions(client, namespace), close: () => client.disconnect() };
}

/** Browsers keep the cookies of a visit to https; loopback is the one place where http is no exposure. */
function refusePlainHttp({ publicUrl, flags }: ConsoleSettings): void {
  const problem = consoleUrlProblem(publicUrl);
  if (problem !== undefined) throw new ConsoleFault(`${flags.publicUrl}: ${problem}`);
}

async function clientSecretOf({
  clientSecretFile,
  flags,
}: ConsoleSettings): Promise<string | undefined> {
  if (clientSecretFile === undefined) return undefined;
  try {
    return await readSecretFile(clientSecretFile);
  } catch (cause) {
    if (!(cause instanceof SecretFileFault)) throw cause;
    throw new ConsoleFault(`${flags.clientSecret}: ${cause.message}`, { cause });
  }
}

/** Undefined where messages stay sealed. */
export async function openerOf({
  recordingKeyFile,
  flags,
}: ConsoleSettings): Promise<BlobOpener | undefined> {
  if (recordingKeyFile === undefined) return undefined;
  try {
    return await readRecordingPrivateKey(recordingKeyFile);
  } catch (cause) {
    if (!(cause instanceof RecordingKeyFault)) throw cause;
    throw new ConsoleFault(`${flags.recordingKey}: ${cause.message}`, { cause });
  }
}
