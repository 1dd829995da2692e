// What a console of its own opens for one namespace: a lane of evidence, the approvals that gateways share,
// and the desk where people decide on them.

import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ApprovalDesk } from '#core/approvals/desk.ts';
import type { ApprovalStore } from '#core/approvals/store.ts';
import type { Ledger } from '#core/evidence/ledger.ts';
import { approvalAudienceProblem } from '#core/policy/approvals.ts';
import type { BlobOpener } from '#core/recordings/open-blob.ts';
import { anchorFile, readAnchor, writeAnchor } from '#platform/file/anchors.ts';
import { type GoodPolicy, loosened, policyLoaded } from '#platform/file/load-policy.ts';
import type { SigningPair } from '#platform/file/signing-pair.ts';
import type { TrustKey } from '#platform/file/trust-key.ts';
import type { OidcTokenVerifier } from '#platform/oidc/token-verifier.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Metrics } from '#platform/process/metrics.ts';
import { RefusalLog } from '#platform/process/refusal-log.ts';
import { startSweeping } from '#platform/process/sweep.ts';
import { openRedisApprovalStore } from '#platform/redis/approval-store.ts';
import { connectRedis, type RedisClient } from '#platform/redis/client.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { openRedisLedger } from '#platform/redis/ledger.ts';
import { redisSessions } from '#platform/redis/recorded-sessions.ts';
import type { ConsoleNamespace } from './namespace.ts';
import { openNotifications } from './notifications.ts';
import { SessionShelf } from './session-shelf.ts';
import { type AloneSettings, ConsoleFault } from './settings.ts';
import type { Trusted } from './trust.ts';

/** What all namespaces of one console have in common. */
export interface NamespaceParts {
  readonly settings: AloneSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly trustKey: TrustKey;
  readonly approvalKey: SigningPair;
  readonly verifier: OidcTokenVerifier;
  readonly opener: BlobOpener | undefined;
  /** Reads sessions of every namespace. */
  readonly reader: RedisClient;
}

export interface OpenNamespace extends ConsoleNamespace {
  readonly isWell: () => boolean;
  /** Rejects, and leaves the policy as it was, when the new one cannot be put on record. */
  activate(policy: GoodPolicy): Promise<void>;
  /** Evidence last. */
  close(): Promise<void>;
}

/** Rejects with ConsoleFault, RedisFault or LedgerFault, and leaves nothing open. */
export async function openNamespace(
  name: Namespace,
  policy: GoodPolicy,
  parts: NamespaceParts,
): Promise<OpenNamespace> {
  const { metrics } = parts;
  refuseAudience(policy);
  const ledger = await openLedger(name, parts);
  try {
    ledger.observe(({ draft }) => metrics.recorded(draft.type));
    await ledger.append(policyLoaded(policy, parts.clock.timestamp(), loosened(parts.settings)));
    const store = await openStore(name, parts);
    return opened(name, { policy, ledger, store }, parts);
  } catch (error) {
    // A lane that stays open would say that a process died; why it did not start is worth more.
    await ledger.close('did not start').catch(() => {});
    throw error;
  }
}

/** What is told last must not keep a console open. */
const LAST_NOTICES_MS = 2_000;

interface Holding {
  readonly policy: GoodPolicy;
  readonly ledger: Ledger;
  readonly store: ApprovalStore;
}

function opened(
  name: Namespace,
  { policy: first, ledger, store }: Holding,
  parts: NamespaceParts,
): OpenNamespace {
  const { clock, log } = parts;
  let policy = first;
  const notified = () => policy.policy.notifications;
  const notifier = openNotifications(parts, { name, ledger }, notified);
  const desk = deskOf({ ledger, store }, parts);
  const sweeping = startSweeping(desk, log.with({ namespace: name }));
  const refusals = new RefusalLog(ledger, clock);
  let verifier = parts.verifier.withIssuers(policy.policy.issuers);
  let trusted = trustedBy(policy, verifier);
  return {
    name,
    desk,
    append: async (draft) => void (await ledger.append(draft)),
    onUnproven: ({ code, reason, door }, address) =>
      refusals.record({
        type: 'auth.failed',
        source: { address },
        outcome: { status: 'refused', refusal: code, reason },
        detail: { door },
      }),
    trusted: () => trusted,
    sessions: shelfOf(name, parts),
    isWell: () => ledger.healthy,
    activate: async (next) => {
      refuseAudience(next);
      await ledger.append(policyLoaded(next, clock.timestamp()));
      policy = next;
      verifier = verifier.withIssuers(next.policy.issuers);
      trusted = trustedBy(next, verifier);
    },
    close: async () => {
      await refusals.flush();
      await sweeping.close();
      await store.close();
      await notifier.close(AbortSignal.timeout(LAST_NOTICES_MS));
      await ledger.close('stopped');
    },
  };
}

/** Clients may dial addresses that only gateways know of. */
function trustedBy({ policy }: GoodPolicy, verifier: OidcTokenVerifier): Trusted {
  return { policy, verifier, publicUrls: policy.server.publicUrls, isAudienceAlone: true };
}

function refuseAudience({ policy }: GoodPolicy): void {
  const problem = approvalAudienceProblem(policy, policy.server.publicUrls);
  if (problem === undefined) return;
  throw new ConsoleFault(`spec.identity.approvalAudience: ${problem}`);
}

function deskOf(
  { ledger, store }: Pick<Holding, 'ledger' | 'store'>,
  { clock, approvalKey }: NamespaceParts,
): ApprovalDesk {
  const { signer, trusted } = approvalKey;
  return new ApprovalDesk({
    store,
    append: (draft) => ledger.append(draft),
    signer,
    trusted,
    nowMillis: () => Math.floor(clock.epochSeconds() * 1000),
    timestamp: () => clock.timestamp(),
    newNonce: () => randomBytes(16).toString('hex'),
  });
}

function shelfOf(
  name: Namespace,
  { settings, reader, opener, clock }: NamespaceParts,
): SessionShelf {
  return new SessionShelf({
    auditors: settings.auditors,
    recorded: redisSessions(reader, name),
    opener,
    nowMillis: () => Math.floor(clock.epochSeconds() * 1000),
  });
}

async function openLedger(name: Namespace, parts: NamespaceParts): Promise<Ledger> {
  const { settings, trustKey, clock, log } = parts;
  const { version, redis, checkpointsDir } = settings;
  if (checkpointsDir !== undefined) await makeFolder(checkpointsDir, '--checkpoints');
  const anchor = (of: string) => anchorPlace(of, parts);
  return openRedisLedger({
    client: await connect('gatehouse-evidence', parts),
    namespace: name,
    checkpoints: {
      trust: trustKey,
      anchors: {
        read: async (of) => (await readAnchor(anchor(of)))?.text,
        write: (of, line) => writeAnchor(anchor(of), line),
      },
    },
    version,
    now: () => clock.timestamp(),
    waitReplicas: redis.waitReplicas,
    onFork: () =>
      log.error(
        'another console took over the evidence of this one: nothing is decided here until it is restarted',
        { namespace: name },
      ),
  });
}

/** Rejects with ConsoleFault that names the flag which named the folder. */
export async function makeFolder(folder: string, flag: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown fault';
    throw new ConsoleFault(`${flag}: ${folder} cannot be made (${code}); name another folder`, {
      cause,
    });
  }
}

function anchorPlace(log: string, { settings, trustKey }: NamespaceParts): string {
  const { checkpointsDir } = settings;
  const beside = trustKey.publicKeyFile;
  return anchorFile(
    checkpointsDir === undefined ? beside : join(checkpointsDir, 'gatehouse-console.pub'),
    log,
  );
}

async function openStore(name: Namespace, parts: NamespaceParts): Promise<ApprovalStore> {
  const client = await connect('gatehouse-approvals', parts);
  try {
    const listener = await connect('gatehouse-changes', parts);
    const { trusted } = parts.approvalKey;
    return await openRedisApprovalStore({ client, listener, namespace: name, trusted });
  } catch (error) {
    client.disconnect();
    throw error;
  }
}

/** Each connection has one owner that closes it. */
export function connect(
  name: string,
  { settings, log }: Pick<NamespaceParts, 'settings' | 'log'>,
): Promise<RedisClient> {
  const { target, ca } = settings.redis;
  return connectRedis(target, {
    name,
    ...(ca === undefined ? {} : { ca }),
    onError: (code) => log.warn('Redis cannot be reached', { connection: name, code }),
  });
}
