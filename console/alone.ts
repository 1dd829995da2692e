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
import { type AdminServer, startAdminServer } from '#platform/process/admin-server.ts';
import { type Clock, createClock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import { Metrics } from '#platform/process/metrics.ts';
import { RedisVisitStore } from '#platform/redis/visit-store.ts';
import { firstReader } from './await-redis.ts';
import { openerOf, type Prepared, prepare, type RunningConsole, serve } from './main.ts';
import { Namespaces } from './namespaces.ts';
import { connect, makeFolder, type NamespaceParts, openNamespace } from './open-namespace.ts';
import { type AloneSettings, ConsoleFault } from './settings.ts';

/** As on the approvals API of a gateway: more than people do. */
const PER_MINUTE = 120;
/** As long as `helm install --wait` gives a whole installation. */
const REDIS_PATIENCE_MILLIS = 5 * 60_000;

/** Runs until `stop`; rejects with ConsoleFault and others when it cannot start as configured. */
export async function runConsole(
  settings: AloneSettings,
  log: Logger,
  stop: AbortSignal,
  patienceMillis = REDIS_PATIENCE_MILLIS,
): Promise<void> {
  const first = sortByNamespace(await readNow(settings), settings.redis.namespace);
  refusePolicies(first);
  const own = await assemble(settings, log);
  const standing: Standing = { isServing: false, areWell: () => true };
  const admin = await startAdmin(own, standing);
  try {
    const reader = await firstReader(own, stop, patienceMillis);
    if (reader !== undefined) await serveFrom(first, { ...own, reader }, standing, stop);
  } finally {
    await admin.close();
    await own.verifier.close();
    log.info('stopped');
  }
}

/** What there is before Redis is there. */
interface OwnParts extends Omit<NamespaceParts, 'reader'> {
  readonly prepared: Prepared;
}

type Parts = OwnParts & Pick<NamespaceParts, 'reader'>;

/** What the admin address says meanwhile, and from then on. */
interface Standing {
  isServing: boolean;
  areWell: () => boolean;
}

async function serveFrom(
  first: NamespacePolicies,
  parts: Parts,
  standing: Standing,
  stop: AbortSignal,
): Promise<void> {
  const namespaces = new Namespaces({
    ...parts,
    open: (name, policy) => openNamespace(name, policy, parts),
  });
  standing.areWell = () => namespaces.areWell;
  try {
    const [fault] = await namespaces.apply(first);
    if (namespaces.all.length === 0 && fault !== undefined) throw fault;
    const console = await openPages(namespaces, parts);
    standing.isServing = !stop.aborted;
    await untilStopped(stop, namespaces, parts);
    standing.isServing = false;
    await console.close();
  } finally {
    await namespaces.close();
    parts.reader.disconnect();
  }
}

async function openPages(namespaces: Namespaces, parts: Parts): Promise<RunningConsole> {
  const { settings, clock, log, prepared } = parts;
  const visits = await connect('gatehouse-visits', parts);
  return serve(settings, prepared, {
    ...{ clock, log, tooSoon: hurry(clock) },
    namespaces: () => namespaces.all,
    visitStore: new RedisVisitStore(visits, settings.redis.namespace),
  });
}

/** Takes policies up as they change. */
async function untilStopped(
  stop: AbortSignal,
  namespaces: Namespaces,
  { settings }: Parts,
): Promise<void> {
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

async function assemble(settings: AloneSettings, log: Logger): Promise<OwnParts> {
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
  const { dataDir, sealingKeysFile } = settings;
  if (sealingKeysFile === undefined) await makeFolder(dataDir, '--data');
  const [opener, prepared] = [await openerOf(settings), await prepare(settings)];
  return {
    ...{ settings, clock, log, trustKey, approvalKey, opener, prepared },
    metrics: new Metrics(settings.version),
    verifier: createTokenVerifier({
      issuers: [],
      allowPlainHttp: settings.allowPlainHttp,
      now: () => clock.epochSeconds() * 1000,
    }),
  };
}

function hurry(clock: Clock) {
  const limiter = new RateLimiter();
  return (principal: Parameters<RateLimiter['take']>[0]) => {
    const limit = { perMinute: PER_MINUTE, nowSeconds: clock.epochSeconds() };
    return limiter.take(principal, 'console', limit)?.retryAfterSeconds;
  };
}

/** Open before Redis is there; from then on readiness asks nothing of it: all replicas share it, and pages say when it is away. */
function startAdmin({ settings, metrics }: OwnParts, standing: Standing): Promise<AdminServer> {
  metrics.observe({
    evidenceHealthy: () => standing.areWell(),
    streamsOpen: () => 0,
    callsWaiting: () => 0,
    tasksKept: () => 0,
  });
  return startAdminServer({
    ...settings.admin,
    metrics,
    isStarted: () => standing.isServing,
    checks: new Map([['serving', () => standing.isServing]]),
  });
}
