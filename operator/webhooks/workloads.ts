// POST /workloads: an annotation on a Deployment becomes the label of its pods, in the same request, so that
// opting in is one command; taking it away takes the label away. Says at once when no policy would govern them. What
// became of the label is recorded by /opting.

import { INJECT, TUNING_ANNOTATIONS } from '#crds/names.ts';
import { diff } from '../injection/json-patch.ts';
import type { Metadata, Texts } from '../injection/pod.ts';
import { readTuning } from '../injection/tuning.ts';
import { type AdmissionWorld, governanceOf } from './governance.ts';
import { templateOf } from './pod-template.ts';
import { type AdmissionRequest, allow, deny, type Handler, type Verdict } from './review.ts';

/** Copied from the workload to its pods; the first decides, the others tune. */
const CARRIED: readonly string[] = Object.values(TUNING_ANNOTATIONS);

interface Workload {
  readonly metadata?: Metadata;
  readonly spec?: Record<string, unknown>;
  readonly [field: string]: unknown;
}

export function workloadsHandler(world: AdmissionWorld): Handler {
  return async (request) => {
    const now = annotationsOf(request.object);
    const before = annotationsOf(request.oldObject);
    const [wanted, had] = [now[INJECT], before[INJECT]];
    return refusalOf(request, { wanted, had, now, world }) ?? carry(request, now, before);
  };
}

interface Wish {
  readonly wanted: string | undefined;
  readonly had: string | undefined;
  readonly now: Texts;
  readonly world: AdmissionWorld;
}

function refusalOf(request: AdmissionRequest, { wanted, had, now, world }: Wish) {
  if (wanted !== undefined && wanted !== 'true' && wanted !== 'false') {
    return deny(`Gatehouse: annotation ${INJECT} must be "true" or "false"`);
  }
  if (request.kind === 'Job' && request.operation === 'UPDATE' && wanted !== had) {
    return deny(
      `Gatehouse: the pods of Job ${request.name} cannot be changed any more; recreate it with annotation ${INJECT}`,
    );
  }
  const tuning = readTuning(now);
  if (!tuning.ok) return deny(`Gatehouse: ${tuning.why}`);
  if (wanted !== 'true') return undefined;
  const labels = templateOf(request.kind, request.object)?.template.metadata?.labels ?? {};
  const subject = { workload: { kind: request.kind, name: nameOf(request) }, labels };
  const governance = governanceOf(world, request.namespace, subject);
  return governance.ok || had === 'true' ? undefined : deny(`Gatehouse: ${governance.why}`);
}

function carry(request: AdmissionRequest, now: Texts, before: Texts): Verdict {
  const found = templateOf(request.kind, request.object);
  if (found === undefined) return deny(`has no pod template that Gatehouse knows`, 422);
  // What cannot change any more has what it was made with.
  if (request.kind === 'Job' && request.operation === 'UPDATE') return allow();
  const { template, path } = found;
  const labels = carryKeys([INJECT], { now, before, into: template.metadata?.labels ?? {} });
  // Also where a namespace governs it, and it says nothing of that itself.
  const into = template.metadata?.annotations ?? {};
  const annotations = carryKeys(CARRIED, { now, before, into });
  const metadata = {
    ...template.metadata,
    ...(isEmpty(labels) && template.metadata?.labels === undefined ? {} : { labels }),
    ...(isEmpty(annotations) && template.metadata?.annotations === undefined
      ? {}
      : { annotations }),
  };
  const tuning = readTuning(now);
  return {
    allowed: true,
    patch: diff(template, { ...template, metadata }, path),
    warnings: tuning.ok ? tuning.warnings : [],
  };
}

interface Carrying {
  readonly now: Texts;
  readonly before: Texts;
  readonly into: Texts;
}

/** What the workload says is carried; what it said before and no longer says is taken away. */
function carryKeys(keys: readonly string[], { now, before, into }: Carrying): Texts {
  const kept = Object.entries(into).filter(
    ([key]) => !(keys.includes(key) && now[key] === undefined && before[key] !== undefined),
  );
  const said = keys.flatMap((key) => (now[key] === undefined ? [] : [[key, now[key]] as const]));
  return Object.fromEntries([...kept, ...said]);
}

function annotationsOf(object: unknown): Texts {
  const { metadata }: Workload = Object(object);
  return metadata?.annotations ?? {};
}

function nameOf({ name, object }: AdmissionRequest): string {
  const { metadata }: Workload = Object(object);
  return name === '' ? (metadata?.generateName ?? '') : name;
}

function isEmpty(texts: Texts): boolean {
  return Object.keys(texts).length === 0;
}
