// The end of a gateway: no new calls, time for those under way, and then each part closed in its order.

import type { Notifier } from '#platform/notify/notifier.ts';
import type { OidcTokenVerifier } from '#platform/oidc/token-verifier.ts';
import type { Telemetry } from '#platform/otel/telemetry.ts';
import type { AdminServer } from '#platform/process/admin-server.ts';
import type { Sweeping } from '#platform/process/sweep.ts';
import type { Gate } from './gate.ts';
import type { Gateway } from './gateway.ts';
import type { Neighbour } from './neighbour.ts';
import { DRAIN_MS } from './settings.ts';
import { closeLedger } from './telemetry.ts';

export interface Stopping {
  readonly gateway: Gateway;
  readonly gate: Gate;
  readonly admin: AdminServer;
  readonly verifier: OidcTokenVerifier;
  readonly sweeping: Sweeping;
  readonly telemetry: Telemetry | undefined;
  readonly neighbour: Neighbour | undefined;
  readonly notifier: Notifier;
}

/** What is told last must not keep the gateway open. */
const LAST_NOTICES_MS = 2_000;

/** Lets calls under way finish, then closes everything; the evidence last of what is written. */
export async function stopGateway({
  gateway,
  gate,
  admin,
  verifier,
  sweeping,
  telemetry,
  neighbour,
  notifier,
}: Stopping): Promise<void> {
  gate.log.info('draining', { seconds: DRAIN_MS / 1000 });
  await neighbour?.close();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), DRAIN_MS);
  await gateway.drain(deadline.signal);
  clearTimeout(timer);
  await gate.upstream.close();
  await sweeping.close();
  try {
    await gate.approvals.store.close();
  } catch (error) {
    // What it acknowledged is kept; that it could not say good-bye must not keep evidence open.
    gate.log.error('approvals were not closed', { reason: String(error) });
  }
  await notifier.close(AbortSignal.timeout(LAST_NOTICES_MS));
  try {
    await closeLedger(gate.ledger, telemetry);
  } finally {
    await verifier.close();
    await admin.close();
  }
  gate.log.info('stopped');
}

/** However often it is called, it runs once. */
export function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
