// Puts a pod's sidecar together: the same gateway as anywhere, with its policy from signed documents, its keys and
// its Redis from the runtime Secret, and its lane certified by the operator as soon as that can be asked.

import { mkdir } from 'node:fs/promises';
import type { RunningLedger } from '#core/evidence/running-ledger.ts';
import type { DocumentVerifier } from '#platform/documents/signed-text.ts';
import { type Clock, createClock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { RedisSettings } from '#platform/redis/settings.ts';
import { serve } from '../main.ts';
import type { SidecarSettings } from '../settings.ts';
import { connect, openSharedLedger } from '../state-stores.ts';
import type { Attachable, Attachment } from '../surroundings.ts';
import { Acks } from './acks.ts';
import { certifyLane } from './certification.ts';
import { DocumentSource } from './document-source.ts';
import { Documents } from './documents.ts';
import { type Floor, readGenerationFloor } from './generation-floor.ts';
import { startListenerAudit } from './listener-audit.ts';
import { podMounts } from './mounts.ts';
import { OperatorLink } from './operator-link.ts';
import { followStream } from './policy-stream.ts';
import { readDocumentVerifier, readRedisSettings } from './runtime-secret.ts';
import type { PodSettings } from './settings.ts';

/** Runs until `stop`; resolves when every call is over and the evidence is closed. */
export async function runPod(settings: PodSettings, log: Logger, stop: AbortSignal): Promise<void> {
  const { files, namespace, capture, operator } = settings;
  const clock = createClock();
  const redis = await readRedisSettings(files, namespace);
  const verifier = await readDocumentVerifier(files);
  const gateway: SidecarSettings = { ...settings.gateway, redis };
  await mkdir(gateway.dataDir, { recursive: true, mode: 0o700 });
  const link = new OperatorLink({
    url: operator,
    caFile: files.operatorCa,
    tokenFile: files.token,
  });
  const ledger = await openSharedLedger({ settings: gateway, clock, log }, redis);
  const floor = await floorOf(settings, { redis, verifier, log });
  const acks = new Acks(link, { version: gateway.version, capture }, log, stop);
  const parts = { settings, clock, log, stop, ledger, link, acks };
  const { source, documents } = openDocuments(parts, verifier, floor);
  void followStream({ link, log, stop, onDocument: (jws) => source.offer(jws) });
  void certifyLane({ link, ledger, clock, log, stop });
  await serve(gateway, ledger, {
    log,
    stop,
    policies: source,
    attach: (to) => attach(to, parts, documents),
  });
}

interface Parts {
  readonly settings: PodSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stop: AbortSignal;
  readonly ledger: RunningLedger;
  readonly link: OperatorLink;
  readonly acks: Acks;
}

function openDocuments(parts: Parts, verifier: DocumentVerifier, floor: Floor) {
  const { settings, clock, log, stop, ledger, acks } = parts;
  const { workloadKey: key, namespace, files, secrets: mounted } = settings;
  const documents = new Documents(
    verifier,
    { key, namespace },
    {
      nowMillis: () => clock.epochSeconds() * 1000,
      floor: floor.generation,
      secrets: { mounted, secretsDir: settings.gateway.secretsDir },
    },
  );
  const facts = { generationFloor: floor.state === 'known' ? floor.generation : floor.state };
  const file = files.document;
  const source = new DocumentSource({ documents, acks, ledger, clock, log, file, stop, facts });
  return { source, documents };
}

async function floorOf(
  { namespace, workloadKey: key }: PodSettings,
  { redis, verifier, log }: FloorParts,
): Promise<Floor> {
  const client = await connect(redis, 'gatehouse-policy', log);
  const floor = await readGenerationFloor(client, verifier, { namespace, key });
  client.disconnect();
  if (floor.state !== 'known') log.warn('no generation floor for policy', { state: floor.state });
  return floor;
}

interface FloorParts {
  readonly redis: RedisSettings;
  readonly verifier: DocumentVerifier;
  readonly log: Logger;
}

function attach(to: Attachable, parts: Parts, documents: Documents): Attachment {
  const { settings, clock, log, ledger, acks } = parts;
  const audit = startListenerAudit({
    capture: settings.capture,
    ownPort: to.gateway.address.port,
    allowed: () => allowedPorts(documents),
    onChange: (exposed) => acks.expose(exposed),
    ...{ ledger, clock, log },
  });
  to.metrics.observePod({ exposedListeners: () => audit.exposed });
  return {
    mounts: podMounts(settings.appProbes, settings.drainSeconds, to),
    close: async () => audit.close(),
  };
}

function allowedPorts({ current }: Documents): ReadonlySet<number> {
  const policies = current?.policies ?? [];
  return new Set(policies.flatMap(({ spec }) => capturePorts(spec)));
}

function capturePorts(spec: object): readonly number[] {
  return 'server' in spec ? (Object(spec.server).capture?.allowedPorts ?? []) : [];
}
