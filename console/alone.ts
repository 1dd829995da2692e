// A console of its own: any number of replicas in front of the Redis that gateways share, each with the key
// that signs decisions, and with a lane of evidence in every namespace that it serves.

import { RateLimiter } from '#core/limiter.ts';
import { loadApprovalKey } from '#platform/file/approval-key.ts';
import { printProblem, readEachPolicyFile } from '#platform/file/policy-file.ts';
import {
  listPolicyFiles,
  type NamespacePolicies,
  sortByNamespace,
} from '#platform/file/policy-namespaces.ts';
import { watchPolicyFiles } from '#platform/file/policy-watch.ts';
import { loadTrustKey } from '#platform/file/trust-key.ts';
import { createTokenVerifier } from '#platform/oidc/token-verifier.ts';
import { startAdminServer } from '#platform/process/admin-server.ts';
import { type Clock, createClock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import { Metrics } from '#platform/process/metrics.ts';
import { placesOf, type RedisClient } from '#platform/redis/client.ts';
import { checkPosture } from '#platform/redis/posture.ts';
import { RedisVisitStore } from '#platform/redis/visit-store.ts';
import { openerOf, serve } from './main.ts';
import { Namespaces } from './namespaces.ts';
import { connect, type NamespaceParts, openNamespace } from './open-namespace.ts';
import { type AloneSettings, ConsoleFault } from './settings.ts';

/** As on the approvals API of a gateway: more than people do. */
const PER_MINUTE = 120;

/** Runs until `stop`; rejects with ConsoleFault and others when it cannot start as configured. */
export async function runConsole(
  settings: AloneSettings,
  log: Logger,
  stop: AbortSignal,
): Promise<void> {
  const first = sortByNamespace(await readNow(settings), settings.redis.namespace);
  refusePolicies(first);
  const parts = await assemble(settings, log);
  const namespaces = new Namespaces({
    ...parts,
    open: (name, policy) => openNamespace(name, policy, parts),
  });
  try {
    const [fault] = await namespaces.apply(first);
    if (namespaces.all.length === 0 && fault !== undefined) throw fault;
    await serveUntil(stop, namespaces, parts);
  } finally {
    await namespaces.close();
    parts.reader.disconnect();
    await parts.verifier.close();
    log.info('stopped');
  }
}

async function serveUntil(
  stop: AbortSignal,
  namespaces: Namespaces,
  parts: NamespaceParts,
): Promise<void> {
  const { settings, clock, log } = parts;
  const visits = await connect('gatehouse-visits', parts);
  const console = await serve(settings, {
    ...{ clock, log, tooSoon: hurry(clock) },
    namespaces: () => namespaces.all,
    visitStore: new RedisVisitStore(visits, settings.redis.namespace),
  });
  const admin = await startAdmin(stop, namespaces, parts).catch(async (error: unknown) => {
    await console.close();
    throw error;
  });
  const watch = watchPolicyFiles(
    settings.policyPaths,
    (reading) => void namespaces.apply(sortByNamespace(reading, settings.redis.namespace)),
    { list: listPolicyFiles, read: readEachPolicyFile },
  );
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  watch.close();
  await console.close();
  await admin.close();
}

async function readNow({ policyPaths }: AloneSettings) {
  return readEachPolicyFile(await listPolicyFiles(policyPaths));
}

/** Folders may be empty yet; what is there must be good, or nobody would notice that it is not. */
function refusePolicies(policies: NamespacePolicies): void {
  if (!policies.ok) throw new ConsoleFault(policies.problems.map(printProblem).join('\n'));
  const all = [...policies.byNamespace.values()];
  const problems = all.flatMap((loaded) => (loaded.ok ? [] : loaded.problems));
  if (all.length > 0 && all.every((loaded) => !loaded.ok)) {
    throw new ConsoleFault(problems.map(printProblem).join('\n'));
  }
}

async function assemble(settings: AloneSettings, log: Logger): Promise<NamespaceParts> {
  const clock = createClock();
  const trustKey = await loadTrustKey(settings.trustKeyFile, settings.dataDir);
  const approvalKey = await loadApprovalKey(settings.approvalKeyFile);
  if (trustKey.isNew) {
    log.info('trust key made: give the public half to your auditor, keep the private one', {
      publicKeyFile: trustKey.publicKeyFile,
    });
  }
  if (approvalKey.isNew) {
    log.info('approval key made: give the public half to gateways as --approval-key', {
      publicKeyFile: approvalKey.publicKeyFile,
    });
  }
  const opener = await openerOf(settings);
  const reader = await connect('gatehouse-console', { settings, log });
  await announcePosture(settings, reader, log);
  return {
    ...{ settings, clock, log, trustKey, approvalKey, opener, reader },
    metrics: new Metrics(settings.version),
    verifier: createTokenVerifier({
      issuers: [],
      allowPlainHttp: settings.allowPlainHttp,
      now: () => clock.epochSeconds() * 1000,
    }),
  };
}

async function announcePosture(
  { redis }: AloneSettings,
  reader: RedisClient,
  log: Logger,
): Promise<void> {
  try {
    const { version, durability, replicas, warnings } = await checkPosture(reader);
    log.info('state lives in Redis', {
      places: placesOf(redis.target),
      ...{ version, durability, replicas },
    });
    for (const warning of warnings) log.warn('Redis could be set more safely', { warning });
  } catch (error) {
    reader.disconnect();
    throw error;
  }
}

function hurry(clock: Clock) {
  const limiter = new RateLimiter();
  return (principal: Parameters<RateLimiter['take']>[0]) => {
    const limit = { perMinute: PER_MINUTE, nowSeconds: clock.epochSeconds() };
    return limiter.take(principal, 'console', limit)?.retryAfterSeconds;
  };
}

/** Readiness asks nothing of Redis: all replicas share it, and pages say when it is away. */
function startAdmin(
  stop: AbortSignal,
  namespaces: Namespaces,
  { settings, metrics }: NamespaceParts,
) {
  metrics.observe({
    evidenceHealthy: () => namespaces.areWell,
    streamsOpen: () => 0,
    callsWaiting: () => 0,
    tasksKept: () => 0,
  });
  return startAdminServer({
    ...settings.admin,
    metrics,
    isStarted: () => true,
    checks: new Map([['serving', () => !stop.aborted]]),
  });
}
