// The standard OTEL_* variables, as their specification writes them: lists of pairs, numbers, and a
// form for each signal that wins over the general one. A value is named, never repeated.

/** The process's environment as main.ts hands it down. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const SIGNALS = ['traces', 'metrics', 'logs'] as const;
export type Signal = (typeof SIGNALS)[number];

/** Telemetry cannot start as configured: the message names the setting and what to do. */
export class OtlpFault extends Error {
  override readonly name = 'OtlpFault';
  readonly code = 'otlp_settings';
}

export interface Found {
  readonly name: string;
  readonly value: string;
}

/** `OTEL_EXPORTER_OTLP_TRACES_X`, else `OTEL_EXPORTER_OTLP_X`; an empty variable is none. */
export function exporterSetting(env: Environment, signal: Signal, name: string): Found | undefined {
  const prefix = 'OTEL_EXPORTER_OTLP_';
  return (
    setting(env, `${prefix}${signal.toUpperCase()}_${name}`) ?? setting(env, `${prefix}${name}`)
  );
}

export function setting(env: Environment, name: string): Found | undefined {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? undefined : { name, value };
}

/** A whole number of milliseconds above zero; OtlpFault when it is something else. */
export function millis(found: Found | undefined, fallback: number): number {
  if (found === undefined) return fallback;
  const value = /^\d{1,9}$/.test(found.value) ? Number(found.value) : 0;
  if (value > 0) return value;
  throw new OtlpFault(`${found.name}: must be a whole number of milliseconds above 0`);
}

/** `key=value,key=value`, percent-encoded as W3C baggage is. */
export function pairs(found: Found | undefined): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  if (found === undefined) return read;
  for (const pair of found.value.split(',')) {
    if (pair.trim() === '') continue;
    const equals = pair.indexOf('=');
    const key = decoded(pair.slice(0, equals), found);
    if (equals < 1 || key === '') {
      throw new OtlpFault(`${found.name}: must be key=value pairs with commas between them`);
    }
    read.set(key, decoded(pair.slice(equals + 1), found));
  }
  return read;
}

function decoded(text: string, { name }: Found): string {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    throw new OtlpFault(
      `${name}: a % in it does not begin a percent-encoded byte; write it as %25`,
    );
  }
}
