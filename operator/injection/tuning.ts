// The annotations that tune one workload. Each is read alone, and one that is wrong refuses the pod by
// its name; a key of ours that nobody knows is a warning, since it may be of a newer version.

import { GROUP, INJECT, STATUS_ANNOTATION, TUNING_ANNOTATIONS } from '#crds/names.ts';
import { nearest } from '#crds/nearest.ts';
import type { CaptureMode } from './capture.ts';
import type { Texts } from './pod.ts';
import { type Refused, refuse } from './problem.ts';

export interface Resources {
  readonly requests?: Texts;
  readonly limits?: Texts;
}

/** What the operator was set to, for workloads that say nothing. */
export interface TuningDefaults {
  readonly resources?: Resources;
  readonly drainSeconds?: number;
}

export interface Tuning {
  readonly ok: true;
  readonly port?: number;
  readonly path?: string;
  readonly capture?: CaptureMode | 'Auto';
  readonly resources: Resources;
  readonly drainSeconds: number;
  readonly warnings: readonly string[];
}

/** As the chart has them, for an operator that it did not start. No limit of CPU, which would slow every call. */
export const DEFAULTS = {
  resources: { requests: { cpu: '25m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  /** Leaves the evidence its five of the thirty seconds that Kubernetes gives a pod to end. */
  drainSeconds: 25,
} as const satisfies TuningDefaults;
const MAX_DRAIN_SECONDS = 3600;
const MODES = ['Auto', 'PortTakeover', 'Redirect', 'NamedPort'] as const;
const QUANTITY = /^(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/;
const PATH = /^\/[^\p{Cc}\s?#]*$/u;
const MAX_PATH_CHARS = 256;
const KNOWN: readonly string[] = [INJECT, STATUS_ANNOTATION, ...Object.values(TUNING_ANNOTATIONS)];

/** A value or a sentence on what it must be. */
type Read<Value> = { readonly value: Value } | { readonly must: string };

export function readTuning(annotations: Texts, defaults: TuningDefaults = {}): Tuning | Refused {
  const problems: string[] = [];
  const read = <Value>(key: string, parse: (text: string) => Read<Value>): Value | undefined => {
    const text = annotations[key];
    if (text === undefined) return undefined;
    const found = parse(text);
    if ('value' in found) return found.value;
    problems.push(`annotation ${key} must be ${found.must}`);
    return undefined;
  };
  const port = read(TUNING_ANNOTATIONS.port, parsePort);
  const path = read(TUNING_ANNOTATIONS.path, parsePath);
  const capture = read(TUNING_ANNOTATIONS.capture, parseCapture);
  const resources = read(TUNING_ANNOTATIONS.resources, parseResources);
  const drainSeconds = read(TUNING_ANNOTATIONS.drainSeconds, parseDrain);
  if (problems.length > 0) return refuse(`${problems.join('; ')}; correct or remove it`);
  return {
    ok: true,
    ...(port === undefined ? {} : { port }),
    ...(path === undefined ? {} : { path }),
    ...(capture === undefined ? {} : { capture }),
    resources: resources ?? defaults.resources ?? DEFAULTS.resources,
    drainSeconds: drainSeconds ?? defaults.drainSeconds ?? DEFAULTS.drainSeconds,
    warnings: unknownKeys(annotations),
  };
}

/** Keys under our prefix that nothing reads. */
export function unknownKeys(annotations: Texts): readonly string[] {
  return Object.keys(annotations)
    .filter((key) => key.startsWith(`${GROUP}/`) && !KNOWN.includes(key))
    .map((key) => {
      const near = nearest(key, KNOWN);
      const hint = near === undefined ? 'remove it' : `did you mean ${near}?`;
      return `annotation ${key} is not known to this version and does nothing; ${hint}`;
    });
}

function parsePort(text: string): Read<number> {
  const value = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= 65_535
    ? { value }
    : { must: 'the port of the server, a number from 1 to 65535' };
}

function parsePath(text: string): Read<string> {
  return PATH.test(text) && text.length <= MAX_PATH_CHARS
    ? { value: text }
    : { must: 'the path of the MCP endpoint, such as /mcp, without a query' };
}

function parseCapture(text: string): Read<(typeof MODES)[number]> {
  const value = MODES.find((mode) => mode === text);
  return value === undefined ? { must: `one of ${MODES.join(', ')}` } : { value };
}

export function parseDrain(text: string): Read<number> {
  const value = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= MAX_DRAIN_SECONDS
    ? { value }
    : { must: `a whole number of seconds from 1 to ${MAX_DRAIN_SECONDS}` };
}

export function parseResources(text: string): Read<Resources> {
  const must =
    'JSON with requests and limits of cpu and memory, such as {"requests":{"cpu":"50m"},"limits":{"memory":"512Mi"}}';
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return { must };
  }
  const read = isObject(given) ? readResources(given) : undefined;
  return read === undefined ? { must } : { value: read };
}

/** Undefined where anything in it is not as it must be. */
function readResources(given: object): Resources | undefined {
  const read: Record<string, Record<string, string>> = {};
  for (const [kind, amounts] of Object.entries(given)) {
    if ((kind !== 'requests' && kind !== 'limits') || !isObject(amounts)) return undefined;
    const texts: Record<string, string> = {};
    for (const [name, amount] of Object.entries(amounts)) {
      const text = readQuantity(amount);
      if ((name !== 'cpu' && name !== 'memory') || text === undefined) return undefined;
      texts[name] = text;
    }
    read[kind] = texts;
  }
  return read;
}

/** Kubernetes takes `cpu: 1` as well as `cpu: "1"`, and so people write it. */
function readQuantity(amount: unknown): string | undefined {
  const text = typeof amount === 'number' ? String(amount) : amount;
  return typeof text === 'string' && QUANTITY.test(text) ? text : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
