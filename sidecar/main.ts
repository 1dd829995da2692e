// Puts one gateway together and runs it until it is asked to stop. The only file here that constructs
// adapters; `gatehouse run` calls it on a laptop, the sidecar's image starts with it.

import type { ApprovalDesk } from '#core/approvals/desk.ts';
import type { Ledger } from '#core/evidence/ledger.ts';
import { isLoopback } from '#core/identity/loopback.ts';
import { RateLimiter, Slots } from '#core/limiter.ts';
import { type GoodPolicy, loosened, policyLoaded } from '#platform/file/load-policy.ts';
import { readMountedBundle } from '#platform/file/secret-source.ts';
import { loadTrustKey } from '#platform/file/trust-key.ts';
import { APPROVALS_PATH } from '#platform/http/approvals-api.ts';
import { Upstream } from '#platform/http/upstream.ts';
import { createTokenVerifier, type OidcTokenVerifier } from '#platform/oidc/token-verifier.ts';
import { type AdminServer, startAdminServer } from '#platform/process/admin-server.ts';
import { type Clock, createClock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import { Metrics } from '#platform/process/metrics.ts';
import { RefusalLog } from '#platform/process/refusal-log.ts';
import { Sealer } from '#platform/process/seal.ts';
import { startSweeping } from '#platform/process/sweep.ts';
import { createUuids } from '#platform/process/uuid.ts';
import { Activation } from './activation.ts';
import { approvalsDoor } from './approvals-door.ts';
import { Definitions } from './definitions.ts';
import { Departure } from './departure.ts';
import { EventIds } from './event-ids.ts';
import { Exchanges } from './exchanges.ts';
import type { Gate } from './gate.ts';
import { bindGateway } from './gateway.ts';
import { Inquiries } from './inquiries.ts';
import { type Keys, loadKeys } from './keys.ts';
import { MeteredLedger } from './metered-ledger.ts';
import { inside, type OpenNeighbour } from './neighbour.ts';
import { openNotifications } from './notifications.ts';
import type { Approvals } from './obtain-approval.ts';
import { openApprovals } from './open-approvals.ts';
import { probeUpstream } from './own-message.ts';
import { OwnTasks } from './own-tasks.ts';
import { openPeers, type Peers } from './peers.ts';
import { goOnAccepted } from './pipeline.ts';
import { Questions } from './questions.ts';
import { Recorder } from './recorder.ts';
import { reloader } from './reload.ts';
import { Sessions } from './sessions.ts';
import { SettingsFault, type SidecarSettings } from './settings.ts';
import { dialledUrls, makeSnapshot, wellKnownOf } from './snapshots.ts';
import { RequestStates } from './state.ts';
import { openLedger } from './state-stores.ts';
import { once, stopGateway } from './stop-gateway.ts';
import { type Attachment, policyFiles, type Surroundings } from './surroundings.ts';
import { TaskIds } from './task-ids.ts';
import { openTelemetry } from './telemetry.ts';
import { UpstreamSigner } from './upstream-signer.ts';
import { type WarmUp, warmUp } from './warm-up.ts';

/** Runs until `stop`; resolves when every call is over and the evidence is closed. */
export async function runSidecar(
  settings: SidecarSettings & { readonly trustKeyFile: string },
  log: Logger,
  stop: AbortSignal,
  openNeighbour?: OpenNeighbour,
): Promise<void> {
  const clock = createClock();
  const trustKey = await loadTrustKey(settings.trustKeyFile, settings.dataDir);
  if (trustKey.isNew) {
    const { publicKeyFile, privateKeyFile } = trustKey;
    log.info('trust key made: give the public half to your auditor, keep the private one', {
      publicKeyFile,
      privateKeyFile,
    });
  }
  const ledger = await openLedger({ settings, clock, log }, trustKey);
  await serve(settings, ledger, { log, stop, openNeighbour });
}

/** Where a gateway runs, and until when. */
export interface Serving extends Surroundings {
  readonly log: Logger;
  readonly stop: AbortSignal;
}

/** The same on a ledger that its caller has opened. */
export async function serve(
  settings: SidecarSettings,
  ledger: Ledger,
  { log, stop, ...around }: Serving,
): Promise<void> {
  const running = await startSidecar(settings, ledger, log, around).catch(
    async (error: unknown) => {
      // A lane that stays open would say that a process died; why it did not start is worth more.
      await ledger.close('did not start').catch(() => {});
      throw error;
    },
  );
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  await running.stop();
}

export interface Running {
  readonly publicUrls: readonly string[];
  readonly admin: AdminServer;
  /** Drains, then closes everything that was opened. */
  stop(): Promise<void>;
}

/** Starts a gateway on a ledger that its caller has opened; the gateway closes it. */
export async function startSidecar(
  settings: SidecarSettings,
  durable: Ledger,
  log: Logger,
  around: Surroundings = {},
): Promise<Running> {
  const clock = createClock();
  const metrics = new Metrics(settings.version);
  const ledger = new MeteredLedger(durable, metrics, clock);
  refusePlainHttp(settings);
  const { policies = policyFiles(settings.policyFiles), openNeighbour, attach } = around;
  const { loaded, facts = {} } = await policies.first();
  const keys = await loadKeys(settings, log);
  const telemetry = await openTelemetry({ settings, ledger, metrics, clock, log });
  const { bound, peers } = await bind(settings, keys, log);
  const parts = { settings, clock, log, ledger, metrics, keys, peers, port: bound.address.port };
  const verifier = openVerifier(parts, loaded);
  const signer = openSigner(parts, loaded);
  const lasting = { ...parts, verifier, signer, maskingHash: keys.maskingHash };
  const snapshotOf = (each: GoodPolicy) => makeSnapshot(each, lasting);
  const activation = new Activation(await snapshotOf(loaded));
  await ledger.append(policyLoaded(loaded, clock.timestamp(), { ...facts, ...loosened(settings) }));
  metrics.policyLoaded('loaded');
  const { approvals, desk, due } = await openApprovals(parts);
  const notifier = openNotifications(parts, activation, approvals);
  const gate = assembleGate(parts, activation, approvals);
  const gateway = bound.open(gate, wellKnownOf(activation, signer), peers);
  const warm = warmUp(verifier, log);
  const attachment = attach?.({ gateway, gate, metrics });
  const admin = await openAdmin(parts, { gate, warm, desk, attachment });
  await probeUpstream(gate);
  const following = policies.follow(reloader({ ...parts, activation, snapshotOf }));
  const sweeping = startSweeping(due, log);
  const neighbour = desk && (await openNeighbour?.(inside(desk, gate, settings)));
  const opened = { gateway, gate, admin, verifier, sweeping, telemetry, neighbour, notifier };
  const { publicUrls } = activation.current;
  log.info('gateway ready', { urls: publicUrls, upstream: settings.upstream.origin });
  return {
    publicUrls,
    admin,
    stop: once(async () => {
      following.close();
      warm.close();
      await attachment?.close();
      await stopGateway(opened);
    }),
  };
}

/** Addresses come first: public URLs may depend on a port, and sessions on where this replica is reached. */
async function bind(settings: SidecarSettings, { sealing }: Keys, log: Logger) {
  const { listen, peerListen, tls } = settings;
  const peers = peerListen && (await openPeers(peerListen, sealing));
  return { bound: await bindGateway(listen, tls, log), peers };
}

interface Parts {
  readonly settings: SidecarSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly keys: Keys;
  readonly peers: Peers | undefined;
  /** The one that was bound, where 0 was asked for. */
  readonly port: number;
}

function refusePlainHttp({ upstream, allowPlainHttp }: SidecarSettings): void {
  if (upstream.protocol === 'https:' || allowPlainHttp || isLoopback(upstream.hostname)) return;
  throw new SettingsFault(
    '--upstream: plain http is taken on loopback only; use https, or add --allow-plain-http (it is recorded)',
  );
}

function openVerifier({ settings, clock }: Parts, { policy }: GoodPolicy): OidcTokenVerifier {
  return createTokenVerifier({
    issuers: policy.issuers,
    serviceAccounts: policy.serviceAccounts,
    readSecret: (ref) => readMountedBundle(ref, settings),
    allowPlainHttp: settings.allowPlainHttp,
    now: () => clock.epochSeconds() * 1000,
  });
}

function openSigner(parts: Parts, loaded: GoodPolicy): UpstreamSigner {
  const { settings, clock, keys } = parts;
  const { href } = settings.upstream;
  return new UpstreamSigner({
    key: keys.upstreamSigning,
    issuer: dialledUrls(loaded, parts)[0] ?? href,
    audience: href,
    now: () => clock.epochSeconds() * 1000,
    newId: createUuids(clock),
  });
}

function assembleGate(parts: Parts, activation: Activation, approvals: Approvals): Gate {
  const { settings, clock, ledger, log, keys, peers } = parts;
  const sealer = new Sealer(keys.sealing);
  // Alone, one process owns what lies under --data, over restarts too.
  const self = peers?.self ?? { name: 'local' };
  return {
    activation,
    ledger,
    recorder: new Recorder(keys.recording),
    clock,
    log,
    upstream: new Upstream(settings.upstream),
    sessions: new Sessions(sealer, self),
    eventIds: new EventIds(sealer),
    states: new RequestStates(sealer),
    taskIds: new TaskIds(sealer, self),
    ownTasks: new OwnTasks({
      // Several gateways share a Redis: a poll could reach one that cannot bring it here.
      isReachable: settings.redis === undefined || peers !== undefined,
      run: goOnAccepted,
      nowMillis: () => clock.epochSeconds() * 1000,
    }),
    exchanges: new Exchanges(),
    questions: new Questions(),
    approvals,
    definitions: new Definitions({ ledger, clock, log, activation }),
    inquiries: new Inquiries(),
    refusals: new RefusalLog(ledger, clock),
    limiter: new RateLimiter(),
    streams: new Slots(),
    tunnels: new Slots(),
    newId: createUuids(clock),
    departure: new Departure(),
    drain: new AbortController(),
    cut: new AbortController(),
  };
}

interface Answering {
  readonly gate: Gate;
  readonly warm: WarmUp;
  readonly desk: ApprovalDesk | undefined;
  readonly attachment: Attachment | undefined;
}

function openAdmin(
  { settings, metrics, ledger }: Parts,
  { gate, warm, desk, attachment }: Answering,
): Promise<AdminServer> {
  metrics.observe({
    evidenceHealthy: () => ledger.healthy,
    streamsOpen: () => gate.streams.total,
    callsWaiting: () => gate.approvals.held.total,
    tasksKept: () => gate.ownTasks.total,
  });
  return startAdminServer({
    ...settings.admin,
    metrics,
    isStarted: () => true,
    checks: new Map([
      // All replicas share a Redis: while it is away, taking them out of service would help nobody, and
      // those who call are told to come back.
      ['evidence', () => ledger.healthy || settings.redis !== undefined],
      ['issuers', () => warm.isWarm],
      ['serving', () => !gate.drain.signal.aborted && !gate.departure.isAnnounced],
    ]),
    mounts: new Map([
      [APPROVALS_PATH, approvalsDoor(desk, gate, settings)],
      ...(attachment?.mounts ?? []),
    ]),
  });
}
