// What only the replica that leads does: it reconciles, tells of drift, keeps the evidence of sidecars, and
// evicts where that was asked for.

import { randomUUID } from 'node:crypto';
import type { EffectivePolicy } from '#core/policy/document.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { EvidenceKeeper } from './archive/evidence-keeper.ts';
import { Controller } from './controller.ts';
import { DriftWatch } from './drift/drift.ts';
import { Evictor } from './drift/evict.ts';
import { ensureRuntime, type LeaderState } from './ensure-runtime.ts';
import { configMapAnchors } from './evidence/open-log.ts';
import type { OperatorRecord } from './evidence/operator-log.ts';
import { publishTrust } from './keys/published-trust.ts';
import { EventRecorder } from './kube/events.ts';
import { type OperatorParts, saying, wallMillis } from './operator-parts.ts';
import type { Published } from './reconcile/publish.ts';
import { ALL_NAMESPACES } from './reconcile/reconcile.ts';
import { createRenderer } from './reconcile/render.ts';
import type { Found } from './reconcile/trust-for.ts';
import { BundleWatch } from './world/bundles.ts';

export interface LeaderWork {
  readonly controller: Controller;
  close(): Promise<void>;
}

const NO_ROOM =
  'policies do not fit into the ConfigMap that the console reads, so nobody can decide there under them: make some shorter';

export function beginLeaderWork(parts: OperatorParts, state: LeaderState): LeaderWork {
  const { client, metrics, log, version, settings, clock } = parts;
  const { keys, redis, evidence } = state;
  const events = newEvents(parts);
  const drift = new DriftWatch({ events, record: (record) => evidence.record(record) });
  const evictor = newEvictor(parts, events);
  const bundles = watchBundles(parts, () => controller);
  const found = foundIn(state.world, bundles, settings.namespace);
  const controller: Controller = new Controller({
    ...{ ...state, client, metrics, events },
    sidecar: { version, image: settings.sidecarImage },
    nowMillis: () => wallMillis(clock),
    key: keys.policyKey,
    state: () => redis.state,
    floors: new Map(),
    unusedSince: new Map(),
    ...{ bundles, found, render: createRenderer(found) },
    ownNamespace: settings.namespace,
    ensureRuntime: (namespace) => ensureRuntime(parts, state, namespace),
    forgetRuntime: (namespace) => void state.users.delete(namespace as Namespace),
    observed: ({ document, isChange }: Published) => {
      metrics.documentSigned(isChange ? 'changed' : 'renewed');
      if (isChange) evidence.record(observedRecord(document));
    },
    drifted: (namespace, targets) => {
      drift.look(namespace, targets);
      evictor.look(targets).catch((error: unknown) => log.warn('eviction failed', saying(error)));
    },
    consoleLeftOut: (count) => {
      if (count === 0) log.info('the console has all policies again');
      else log.error(NO_ROOM, { count });
    },
    onFault: (key, error) => log.warn('is tried again', { key, ...saying(error) }),
  });
  publishTrust(client, settings.namespace, keys.trustPems).catch((error: unknown) =>
    log.warn('the public trust keys could not be published', saying(error)),
  );
  const keeper = keepEvidence(parts, state);
  controller.start();
  return {
    controller,
    close: async () => {
      await keeper.close();
      await controller.close();
      await bundles.close();
    },
  };
}

function watchBundles(
  { client, random, log }: OperatorParts,
  controller: () => Controller,
): BundleWatch {
  return new BundleWatch({
    ...{ client, random },
    onChange: (owner) =>
      owner === ALL_NAMESPACES ? controller().all() : controller().namespace(owner),
    onFault: (error) => log.warn('a ConfigMap cannot be watched', saying(error)),
  });
}

function foundIn(
  { clusterIssuer }: LeaderState['world'],
  bundles: BundleWatch,
  ownNamespace: string,
): () => Found {
  return () => ({
    cluster: clusterIssuer.current,
    bundle: (place) => bundles.find(place),
    ownNamespace,
  });
}

function keepEvidence(
  { client, settings, version, clock, log }: OperatorParts,
  { keys, redis, world }: LeaderState,
): EvidenceKeeper {
  return new EvidenceKeeper({
    ...{ keys, version, folder: settings.archive },
    admin: () => redis.admin,
    namespaces: () => world.namespaces.items().map(({ key }) => key as Namespace),
    // Their documents stay for a while after the last pod.
    governed: () => [
      ...new Set(world.documents.items().map(({ namespace }) => namespace as Namespace)),
    ],
    anchors: configMapAnchors(client, settings.namespace),
    now: () => clock.timestamp(),
    onUnarchived: (namespace, { log: name, kind }) =>
      log.error('evidence could not be archived and stays in Redis', { namespace, name, kind }),
    onFault: (error) => log.warn('evidence waits to be checkpointed or archived', saying(error)),
  });
}

function newEvents({ client, settings, clock, log }: OperatorParts): EventRecorder {
  return new EventRecorder({
    client,
    instance: settings.podName,
    wallMillis: () => wallMillis(clock),
    newId: () => randomUUID().slice(0, 18),
    onFault: (error) => log.warn('an event could not be written', saying(error)),
  });
}

function newEvictor(
  { client, settings, clock, log, isInjecting }: OperatorParts,
  events: EventRecorder,
): Evictor {
  return new Evictor({
    ...{ client, events, isInjecting },
    perMinute: settings.evictPerMinute,
    monotonicMillis: () => clock.monotonicMicros() / 1000,
    onFault: (error) => log.warn('eviction failed', saying(error)),
  });
}

function observedRecord(document: EffectivePolicy): OperatorRecord {
  const { namespace, key, digest, generation, workload, sources } = document;
  return {
    type: 'policy.observed',
    detail: {
      ...{ namespace, key, digest, generation },
      workload: `${workload.kind}/${workload.name}`,
      sources: sources.map(
        ({ kind, name, uid, generation: seen }) => `${kind}/${name}@${seen} (${uid})`,
      ),
    },
  };
}
