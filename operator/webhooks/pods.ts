// POST /pods: puts the sidecar into a pod, or refuses the pod in a sentence that its owner finds in the
// events of the ReplicaSet or Job. Asks nobody: all it needs is in memory.

import { createHash } from 'node:crypto';
import { canonicalJson } from '#core/mcp/canonical-json.ts';
import type { JsonValue } from '#core/mcp/messages.ts';
import { type PodFacts, type Subject, subjectOf } from '#core/workloads/workload.ts';
import { workloadKey } from '#core/workloads/workload-key.ts';
import { STATUS_ANNOTATION } from '#crds/names.ts';
import { inject } from '../injection/inject.ts';
import { diff } from '../injection/json-patch.ts';
import { type Pod, readPod } from '../injection/pod.ts';
import type { InjectionSettings } from '../injection/settings.ts';
import { statusOf } from '../injection/status.ts';
import { type AdmissionWorld, governanceOf } from './governance.ts';
import { type AdmissionRequest, allow, deny, type Handler, type Verdict } from './review.ts';
import { scopeOf } from './scope.ts';

export interface PodsOptions {
  readonly world: AdmissionWorld;
  readonly settings: InjectionSettings;
  /** Signs the text of a status as a compact JWS. */
  readonly signStatus: (text: string) => Promise<string>;
}

export function podsHandler(options: PodsOptions): Handler {
  return async (request) => {
    const pod = readPod(request.object);
    if (pod === undefined || request.operation !== 'CREATE') {
      return deny('is not the creation of a pod', 422);
    }
    return admit(pod, request, options);
  };
}

async function admit(
  pod: Pod,
  { namespace }: AdmissionRequest,
  { world, settings, signStatus }: PodsOptions,
): Promise<Verdict> {
  const namespaceLabels = world.namespaceLabels(namespace);
  if (namespaceLabels === undefined) {
    return deny(`Gatehouse does not know namespace ${namespace} yet; try again in a second`, 503);
  }
  const scope = scopeOf(namespaceLabels, pod.metadata?.labels ?? {});
  if (!scope.ok) return deny(`Gatehouse: ${scope.why}`);
  if (!scope.injects) return allow();
  const subject = subjectOfPod(pod);
  const governance = governanceOf(world, namespace, subject);
  if (!governance.ok) return deny(`Gatehouse: ${governance.why}`);
  const key = workloadKey(subject, (text) => createHash('sha256').update(text).digest('hex'));
  const services = world.servicesOf(namespace);
  const { server, secrets } = governance;
  const placement = { workloadKey: key, server, namespaceLabels, services, secrets };
  const result = inject(pod, placement, settings);
  if (!result.ok) return deny(`Gatehouse: ${result.why}`);
  const status = statusOf(result.pod, result.capture, settings.revision);
  const signed = await signStatus(canonicalJson(status as unknown as JsonValue));
  const { warnings } = result;
  return { allowed: true, patch: diff(pod, withStatus(result.pod, signed)), warnings };
}

export function subjectOfPod({ metadata = {} }: Pod): Subject {
  const { name, generateName, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  const controller = ownerReferences.find((one) => one.controller === true);
  const facts: PodFacts = {
    ...(name === undefined || name === '' ? {} : { name }),
    ...(generateName === undefined || generateName === '' ? {} : { generateName }),
    labels,
    annotations,
    ...(controller === undefined ? {} : { controller }),
  };
  return subjectOf(facts);
}

function withStatus(pod: Pod, signed: string): Pod {
  const { metadata = {} } = pod;
  const annotations = { ...metadata.annotations, [STATUS_ANNOTATION]: signed };
  return { ...pod, metadata: { ...metadata, annotations } };
}
